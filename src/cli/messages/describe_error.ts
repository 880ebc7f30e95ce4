/** Describes the errors of calls for a user of the command line. */
import type { AgentError } from "../../../mod.ts";
import type { Attempt } from "../../model/attempt.ts";
import type { Issue } from "../../model/errors.ts";
import { thrownByOwnCode } from "../../model/own_code.ts";
import { redact } from "../../providers/http/redact.ts";
import { missingPermission } from "../cli_error.ts";
import { readEnv } from "../environment.ts";
import { nameFlags } from "../option_flags.ts";
import { codePlace } from "./code_place.ts";

/** The description of an error, in two parts. */
export interface ErrorDescription {
  /** What happened, with flags in place of options. */
  readonly text: string;
  /** Where the user's own code threw, such as ` (agents.ts:12:9)`; otherwise `""`. */
  readonly place: string;
}

/** Returns what happened, and where if the user's own code threw. */
export function describeError(error: AgentError): ErrorDescription {
  const missing = missingPermission(error);
  if (missing !== undefined) return { text: missing, place: "" };
  const { message, issues = [], attempts } = error;
  const text = nameFlags(
    message
      .replace(/: `issues` lists the problems/, () => listText(issues.map(showIssue)))
      .replace(/: see `attempts`/, () => listText(lastFailures(attempts))),
  );
  const own = thrownByOwnCode(error);
  if (own === undefined) return { text, place: "" };
  const { thrown } = own;
  const cause = thrown instanceof Error ? thrown.message : typeof thrown === "string" ? thrown : "";
  // What a provider of the user throws is not a part of the message, as it may hold a key.
  const more = cause === "" || text.includes(cause) ? "" : `: ${withoutKeys(cause)}`;
  return { text: text + more, place: codePlace(thrown) };
}

/** Returns {@linkcode describeError} as one text. */
export function errorText(error: AgentError): string {
  const { text, place } = describeError(error);
  return text + place;
}

function withoutKeys(text: string): string {
  const key = readEnv("OPENAI_API_KEY");
  return redact(text, key === undefined ? [] : [key]);
}

/** The maximum number of issues that are shown. */
const MAX_ISSUES = 5;

function listText(parts: readonly string[]): string {
  const shown = parts.slice(0, MAX_ISSUES);
  if (parts.length > MAX_ISSUES) shown.push(`and ${parts.length - MAX_ISSUES} more`);
  return shown.length === 0 ? "" : `: ${shown.join("; ")}`;
}

function showIssue({ path = [], message }: Issue): string {
  return path.length === 0 ? message : `${path.map(String).join(".")} ${message}`;
}

/** Returns the last failure of each model. */
function lastFailures(attempts: readonly Attempt[]): readonly string[] {
  const byModel = new Map<string, string>();
  for (const { model, error } of attempts) {
    if (error !== undefined) byModel.set(model, `${model}: ${error.message}`);
  }
  return [...byModel.values()];
}
