/** Parses and validates the body of a batch. */
import { isRecord } from "../../model/check_options.ts";
import type { Issue } from "../../model/errors.ts";
import type { ResolvedLimits } from "../limits.ts";
import { Problem } from "../problem.ts";
import type { ServedAgent } from "../served_agent.ts";

/** One call of a batch. */
export interface BatchCall {
  /** The agent to call. */
  readonly agent: ServedAgent;
  /** The parameters. */
  readonly params: unknown;
  /** The client's ID for the call, if it set one. */
  readonly id: string | undefined;
}

/** A validated batch. */
export interface BatchRequest {
  /** The calls, in order. */
  readonly calls: readonly BatchCall[];
  /** The maximum number of calls in flight. */
  readonly concurrency: number | undefined;
}

/** The maximum number of reported issues: more usually repeat the same mistake. */
const MAX_ISSUES = 20;

/**
 * Parses and validates the body.
 *
 * @throws {Problem} If the batch is not valid, or larger than the limits allow.
 */
export function parseBatchRequest(
  body: unknown,
  { agents, limits }: {
    readonly agents: ReadonlyMap<string, ServedAgent>;
    readonly limits: ResolvedLimits;
  },
): BatchRequest {
  const issues: Issue[] = [];
  const report = (message: string, ...path: PropertyKey[]): void => {
    issues.push({ message, path });
  };
  if (!isRecord(body)) {
    throw invalid([{ message: "must be an object with calls and concurrency", path: [] }]);
  }
  const { calls, concurrency, ...others } = body;
  for (const name of Object.keys(others)) report("is not a known option", name);
  if (
    concurrency !== undefined && !(Number.isSafeInteger(concurrency) && Number(concurrency) > 0)
  ) {
    report("must be a positive integer", "concurrency");
  }
  if (!Array.isArray(calls)) {
    throw invalid([...issues, { message: "must be a list of calls", path: ["calls"] }]);
  }
  if (calls.length > limits.maxBatch) {
    throw new Problem(
      413,
      "batch_too_large",
      `Cannot run the batch as it must have at most ${limits.maxBatch} calls: ` +
        `current number is ${calls.length}`,
    );
  }
  const checked: BatchCall[] = [];
  for (const [i, call] of calls.entries()) {
    if (issues.length >= MAX_ISSUES) break;
    if (!isRecord(call)) {
      report("must be an object with agent and params", "calls", i);
      continue;
    }
    const { agent: name, params = {}, id, ...unknown } = call;
    for (const key of Object.keys(unknown)) report("is not a known option", "calls", i, key);
    const agent = typeof name === "string" ? agents.get(name) : undefined;
    if (agent === undefined) report("must be the name of an agent", "calls", i, "agent");
    if (id !== undefined && (typeof id !== "string" || id.length > 200)) {
      report("must be a string of at most 200 characters", "calls", i, "id");
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
    "Cannot run the batch as its body is not valid: `issues` lists what is wrong",
    {
      issues,
    },
  );
}
