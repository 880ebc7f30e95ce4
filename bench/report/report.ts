import type { Finding } from "../part.ts";
import type { Goal } from "./goal.ts";
import type { Machine } from "./machine.ts";

/** A whole run. */
export interface Report {
  /** What was run, such as `deno task bench`. */
  readonly command: string;
  readonly machine: Machine;
  /** How often each case was run. */
  readonly times: number;
  /** How long it took. */
  readonly seconds: number;
  /** The findings by part. */
  readonly parts: Readonly<Record<string, readonly Finding[]>>;
}

/** All goals of a run. */
export function allGoals({ parts }: Pick<Report, "parts">): Goal[] {
  return Object.values(parts).flat().flatMap(({ goals = [] }) => goals);
}
