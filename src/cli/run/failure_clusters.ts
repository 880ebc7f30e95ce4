import type { AgentError } from "../../../mod.ts";

/** Failures for the same reason. */
export interface FailureCluster {
  /** The kind of the error, with its HTTP status if it has one. */
  readonly kind: string;
  /** What happened, without what is different each time. */
  readonly cause: string;
  /** How many there are. */
  count: number;
  /** The places of some of them in the input, from 0. */
  readonly rows: number[];
}

const EXAMPLES = 5;

/** Puts failures for the same reason together. */
export class FailureClusters {
  readonly #clusters = new Map<string, FailureCluster>();

  /** Adds the failure of a row. */
  add({ code, status, message }: AgentError, row: number): void {
    const kind = status === undefined ? code : `${code} ${status}`;
    const cause = normalizeMessage(message);
    const name = `${kind} ${cause}`;
    let cluster = this.#clusters.get(name);
    if (cluster === undefined) {
      this.#clusters.set(name, cluster = { kind, cause, count: 0, rows: [] });
    }
    cluster.count++;
    if (cluster.rows.length < EXAMPLES) cluster.rows.push(row);
  }

  /** The clusters, the largest first. */
  sorted(): readonly FailureCluster[] {
    return [...this.#clusters.values()].sort((a, b) => b.count - a.count);
  }
}

/** A message without what is different each time: numbers, ids, what stands in quotes. */
export function normalizeMessage(message: string): string {
  return message
    .replaceAll(/"[^"]*"/g, '"…"')
    .replaceAll(/\b(?=\w*\d)[\w-]{8,}\b/g, "…")
    .replaceAll(/\d+(?:[.,]\d+)*/g, "#")
    .slice(0, 200);
}
