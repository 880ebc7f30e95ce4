/** Checks answers whose members were not known before they were paid for. */
import { isRecord } from "../../model/check_options.ts";
import { CliError } from "../cli_error.ts";
import { EXIT } from "../exit_code.ts";
import type { AnswerColumn } from "./answer_columns.ts";

/** Checks that answers have the members of `--columns`. */
export class AnswerCheck {
  /** The number of answers after the first one that lack a member. */
  lacking = 0;
  readonly #columns: readonly AnswerColumn[];
  #isFirst = true;

  /** Creates a check for these columns. Without any, all answers pass. */
  constructor(columns: readonly AnswerColumn[] = []) {
    this.#columns = columns;
  }

  /**
   * Checks an answer. The first one decides whether the run continues: usually, all answers of an
   * agent have the same members. Others are counted.
   *
   * @returns The error that ends the run; `undefined` if it continues.
   */
  check(content: unknown, line: number): CliError | undefined {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    const missing = this.#columns.find(({ member }) =>
      !isRecord(content) || !Object.hasOwn(content, member)
    );
    if (missing === undefined) return undefined;
    if (isFirst) return lackingError(missing.member, content, line);
    this.lacking++;
    return undefined;
  }
}

function lackingError(member: string, content: unknown, line: number): CliError {
  const answer = `the answer to line ${line}`;
  const message = isRecord(content)
    ? `Cannot write the column "${member}" of --columns as ${answer} has no such member: ` +
      `its members are ${Object.keys(content).join(", ") || "none"}`
    : `Cannot write the column "${member}" of --columns as ${answer} is no object: ` +
      "--as names a column for the whole answer";
  const resumeFlags = isRecord(content) ? "--columns NAMES" : "--as NAME";
  return new CliError(message, { exitCode: EXIT.broken, resumeFlags });
}
