/** The body of a batch: whom to call, with what, and how many at a time. */
import { isRecord } from "../../model/check_options.ts";
import type { Issue } from "../../model/errors.ts";
import type { Caps } from "../limits.ts";
import { Problem } from "../problem.ts";
import type { Served } from "../served_agent.ts";

/** One call of a batch. */
export interface BatchCall {
  /** Who is called. */
  readonly agent: Served;
  /** With what. */
  readonly params: unknown;
  /** The client's name for the call, if it has given it one. */
  readonly id: string | undefined;
}

/** A batch, checked. */
export interface BatchRequest {
  /** The calls, in order. */
  readonly calls: readonly BatchCall[];
  /** How many are made at the same time. */
  readonly concurrency: number | undefined;
}

/** So many issues are told: who has more has made one mistake many times. */
const MOST_ISSUES = 20;

/**
 * Checks the body.
 *
 * @throws {Problem} If it is no batch, or a larger one than is let through.
 */
export function batchRequest(
  body: unknown,
  { agents, caps }: { readonly agents: ReadonlyMap<string, Served>; readonly caps: Caps },
): BatchRequest {
  const issues: Issue[] = [];
  const wrong = (message: string, ...path: PropertyKey[]): void => {
    issues.push({ message, path });
  };
  if (!isRecord(body)) throw invalid([{ message: "must be { calls, concurrency }", path: [] }]);
  const { calls, concurrency, ...others } = body;
  for (const name of Object.keys(others)) wrong("there is no such option", name);
  if (
    concurrency !== undefined && !(Number.isSafeInteger(concurrency) && Number(concurrency) > 0)
  ) {
    wrong("must be a positive integer", "concurrency");
  }
  if (!Array.isArray(calls)) {
    throw invalid([...issues, { message: "must be a list of calls", path: ["calls"] }]);
  }
  if (calls.length > caps.maxBatch) {
    throw new Problem(
      413,
      "batch_too_large",
      `Cannot run the batch as it must not have more than ${caps.maxBatch} calls: ` +
        `current number is ${calls.length}`,
    );
  }
  const checked: BatchCall[] = [];
  for (const [i, call] of calls.entries()) {
    if (issues.length >= MOST_ISSUES) break;
    if (!isRecord(call)) {
      wrong("must be { agent, params }", "calls", i);
      continue;
    }
    const { agent: name, params = {}, id, ...unknown } = call;
    for (const key of Object.keys(unknown)) wrong("there is no such option", "calls", i, key);
    const agent = typeof name === "string" ? agents.get(name) : undefined;
    if (agent === undefined) wrong("must be the name of an agent", "calls", i, "agent");
    if (id !== undefined && (typeof id !== "string" || id.length > 200)) {
      wrong("must be a text of at most 200 letters", "calls", i, "id");
    }
    if (agent !== undefined) checked.push({ agent, params, id: id as string | undefined });
  }
  if (issues.length > 0) throw invalid(issues);
  return { calls: checked, concurrency: concurrency as number | undefined };
}

function invalid(issues: readonly Issue[]): Problem {
  return new Problem(
    422,
    "invalid_request",
    "Cannot run the batch as its body does not fit: see the issues",
    {
      issues,
    },
  );
}
