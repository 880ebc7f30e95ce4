/** The columns that a run adds to its rows, and clashes of their names. */
import { InvalidArgumentError } from "commander";
import { CliError } from "../cli_error.ts";

/** A member of the answer that becomes a column. */
export interface AnswerColumn {
  /** The name of the member. */
  readonly member: string;
  /** The name of the column. */
  readonly column: string;
}

/** The columns of the answer. */
export interface AnswerColumns {
  /** The column for the answer. */
  readonly as: string;
  /** Members of the answer that become columns, in place of a column for the answer. */
  readonly columns?: readonly AnswerColumn[];
}

/** All columns that are added to the rows. */
export interface AddedColumns extends AnswerColumns {
  /** Whether columns for the line, model, usage, cost and duration are added. */
  readonly meta: boolean;
}

/** The columns of `--meta`. */
export const META_COLUMNS: readonly string[] = [
  "_line",
  "_model",
  "_tokens",
  "_cost",
  "_ms",
  "_cached",
];

/** Parses the names of `--columns`: `label,score`, or `label=new_label` to rename one. */
export function parseColumns(text: string): readonly AnswerColumn[] {
  const columns = text.split(",").filter((part) => part.trim() !== "").map((part) => {
    const at = part.indexOf("=");
    const member = (at < 0 ? part : part.slice(0, at)).trim();
    const column = (at < 0 ? part : part.slice(at + 1)).trim();
    if (member === "" || column === "") {
      throw new InvalidArgumentError("A column must have the form member or member=column.");
    }
    return { member, column };
  });
  if (columns.length === 0) {
    throw new InvalidArgumentError("It must be one or more names, separated by commas.");
  }
  const names = columns.map(({ column }) => column);
  const twice = columns.find(({ column }, i) => names.indexOf(column) !== i);
  if (twice !== undefined) {
    const { member, column } = twice;
    throw new InvalidArgumentError(
      `It has the column "${column}" twice: ${member}=new_${column} renames one.`,
    );
  }
  return columns;
}

/** Parses the name of a column. */
export function parseColumnName(text: string): string {
  if (text.trim() !== "") return text;
  throw new InvalidArgumentError("It must be the name of a column.");
}

/** Returns the names of the columns of the answer. */
export function answerColumns({ as, columns }: AnswerColumns): readonly string[] {
  return columns?.map(({ column }) => column) ?? [as];
}

/** A column that is added to the rows, and is already there. */
export interface ColumnClash {
  /** The name of the column. */
  readonly column: string;
  /** What the column is for. */
  readonly purpose: string;
  /** What the user can do. */
  readonly advice: string;
}

/** Returns the first column that would be added to a row which has it. */
export function findClash(
  added: AddedColumns,
  has: (name: string) => boolean,
): ColumnClash | undefined {
  const { as, columns, meta } = added;
  const renamed = columns?.find(({ column }) => has(column));
  if (renamed !== undefined) {
    const { column } = renamed;
    const names = columns!.map((one) =>
      one === renamed
        ? `${one.member}=new_${column}`
        : one.member === one.column
        ? one.member
        : `${one.member}=${one.column}`
    );
    const advice = `rename it with --columns ${names.join(",")}`;
    return { column, purpose: "a column of --columns", advice };
  }
  if (columns === undefined && has(as)) {
    const advice = "choose another name with --as";
    return { column: as, purpose: "the column for the answer", advice };
  }
  const column = meta ? META_COLUMNS.find(has) : undefined;
  if (column === undefined) return undefined;
  const advice = "leave out --meta, or rename that column of the input";
  return { column, purpose: "a column of --meta", advice };
}

/**
 * Checks that the columns of the answer are not those of `--meta`.
 *
 * @throws {CliError} If one is.
 */
export function checkMetaClash(added: AddedColumns): void {
  if (!added.meta) return;
  const clash = findClash({ ...added, meta: false }, (name) => META_COLUMNS.includes(name));
  if (clash === undefined) return;
  const { column, advice } = clash;
  throw new CliError(
    `Cannot write the answers as --meta also adds a column "${column}": ${advice}`,
  );
}

/**
 * Checks that no column that is added is also a column of the input.
 *
 * @throws {CliError} If one is.
 */
export function checkInputClash(added: AddedColumns, isInInput: (name: string) => boolean): void {
  const clash = findClash(added, isInInput);
  if (clash === undefined) return;
  const { column, advice } = clash;
  throw new CliError(`Cannot write the answers as the input has a column "${column}": ${advice}`);
}
