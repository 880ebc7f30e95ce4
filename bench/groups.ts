/** The parts of the bench, and the groups that run together. */
import type { Part } from "./part.ts";
import { adaptive } from "./parts/adaptive.ts";
import { cli } from "./parts/cli.ts";
import { cpu } from "./parts/cpu.ts";
import { growth } from "./parts/growth.ts";
import { http } from "./parts/http.ts";
import { journal } from "./parts/journal.ts";
import { layers } from "./parts/layers.ts";
import { limits } from "./parts/limits.ts";
import { modes } from "./parts/modes.ts";
import { peers } from "./parts/peers.ts";
import { pool } from "./parts/pool.ts";
import { rate } from "./parts/rate.ts";
import { runtimes } from "./parts/runtimes.ts";
import { transport } from "./parts/transport.ts";

/** Parts that run together, and whose results are written together. */
export interface Group {
  /** The command that runs the group. */
  readonly command: string;
  /** The name of its files in `bench/results/`, without extension. */
  readonly file: string;
  readonly parts: Readonly<Record<string, Part>>;
}

/** The groups. The first one runs by default. */
export const GROUPS: readonly [Group, ...Group[]] = [
  {
    command: "deno task bench",
    file: "latest",
    parts: { modes, layers, growth, transport, cpu },
  },
  { command: "deno task bench:http", file: "http", parts: { http } },
  { command: "deno task bench:bulk", file: "bulk", parts: { journal, cli } },
  { command: "deno task bench:limits", file: "limits", parts: { limits, rate, adaptive } },
  { command: "deno task bench:peers", file: "peers", parts: { peers } },
  { command: "deno task bench:runtimes", file: "runtimes", parts: { runtimes } },
];

/** All parts by name. The part `pool` belongs to no group. */
export const PARTS: Readonly<Record<string, Part>> = Object.assign(
  {},
  ...GROUPS.map(({ parts }) => parts),
  { pool },
);

/** Returns the group that has exactly these parts, in this order. */
export function groupOf(names: readonly string[]): Group | undefined {
  return GROUPS.find(({ parts }) => Object.keys(parts).join(" ") === names.join(" "));
}
