import type { Finding } from "../part.ts";
import type { Goal } from "./goal.ts";
import type { Machine } from "./machine.ts";

/** The results of one run. */
export interface Report {
  /** The command, such as `deno task bench`. */
  readonly command: string;
  readonly machine: Machine;
  /** The number of rounds. */
  readonly times: number;
  /** The duration. */
  readonly seconds: number;
  /** The findings by part. */
  readonly parts: Readonly<Record<string, readonly Finding[]>>;
}

/** Returns all goals of a run. */
export function allGoals({ parts }: Pick<Report, "parts">): Goal[] {
  return Object.values(parts).flat().flatMap(({ goals = [] }) => goals);
}
