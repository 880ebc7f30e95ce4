/** Rows through the command line. It runs in this process, so that it can be looked at in between. */
import { shoal } from "@shoal/agents/cli";
import type { Case, Cases } from "../measure/case.ts";
import { buffersMB, heapMB, peakMB } from "../measure/memory.ts";
import { observer } from "./cli_agents.ts";

interface Options {
  /** The file of the rows. */
  readonly input: string;
  /** The file of the answers. */
  readonly output: string;
  /** Where runs are kept. */
  readonly dir: string;
  /** The first so many rows are run. */
  readonly limit: number;
  /** Rows at a time. */
  readonly concurrency: number;
}

/** When so many percent of the rows are under way, memory is looked at. */
const PERCENTAGES = [10, 50, 100];

/** The name of the run. */
const RUN_ID = "bulk";

export const CASES: Cases = {
  run: ({ input, output, dir, limit, concurrency }: Options): Case => ({
    work: async () => {
      const found: Record<string, number> = {};
      observer.onRequest = (n) => {
        for (const percent of PERCENTAGES) {
          if (n + 1 !== Math.floor(limit * percent / 100)) continue;
          // In this order: the look at the heap takes memory itself.
          found[`peakMB${percent}`] = peakMB();
          found[`heapMB${percent}`] = heapMB();
          found[`buffersMB${percent}`] = buffersMB();
        }
      };
      const agent = `${import.meta.resolve("./cli_agents.ts")}#Echo`;
      const files = ["--in", input, "--out", output, "--dir", dir, "--run", RUN_ID];
      const how = ["--concurrency", concurrency, "--limit", limit, "--quiet"].map(String);
      await runShoal(["run", agent, ...files, ...how]);
      return found;
    },
  }),

  /** Goes on with the run of `run`: its rows are finished, up to `limit` there are more. */
  resume: ({ dir, limit }: Options): Case => ({
    work: async () => {
      const began = performance.now();
      let firstNewMs = NaN;
      let asked = 0;
      observer.onRequest = (n) => {
        if (n === 0) firstNewMs = performance.now() - began;
        asked++;
      };
      await runShoal(["resume", RUN_ID, "--dir", dir, "--limit", String(limit)]);
      return { firstNewMs, asked };
    },
  }),
};

async function runShoal(args: readonly string[]): Promise<void> {
  const code = await shoal(args);
  if (code !== 0) throw new Error(`shoal ${args[0]} ended with the code ${code}`);
}
