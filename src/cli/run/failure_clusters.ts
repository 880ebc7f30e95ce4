import type { AgentError } from "../../../mod.ts";
import { describeError } from "../messages/describe_error.ts";

/** Failures with the same cause. */
export interface FailureCluster {
  /** The code of the error, with its HTTP status if it has one. */
  readonly kind: string;
  /** The message, without the parts that differ from row to row. */
  readonly cause: string;
  /** The number of failures. */
  count: number;
  /** The indices of some of the rows in the input, from 0. */
  readonly rows: number[];
}

const MAX_EXAMPLES = 5;

/** Groups failures by their cause. */
export class FailureClusters {
  readonly #clusters = new Map<string, FailureCluster>();

  /** Adds the failure of a row. */
  add(error: AgentError, row: number): void {
    const { code, status } = error;
    const kind = status === undefined ? code : `${code} ${status}`;
    const { text, place } = describeError(error);
    const cause = normalizeMessage(text) + place;
    const key = `${kind} ${cause}`;
    let cluster = this.#clusters.get(key);
    if (cluster === undefined) {
      this.#clusters.set(key, cluster = { kind, cause, count: 0, rows: [] });
    }
    cluster.count++;
    if (cluster.rows.length < MAX_EXAMPLES) cluster.rows.push(row);
  }

  /** Returns the clusters, the largest first. */
  sorted(): readonly FailureCluster[] {
    return [...this.#clusters.values()].sort((a, b) => b.count - a.count);
  }
}

/** Returns a message with placeholders for quoted texts, ids and numbers. */
export function normalizeMessage(message: string): string {
  return message
    .replaceAll(/"[^"]*"/g, '"…"')
    .replaceAll(/\b(?=\w*\d)[\w-]{8,}\b/g, "…")
    .replaceAll(/\d+(?:[.,]\d+)*/g, "#")
    .slice(0, 200);
}
