/** Rows through the command line, which runs in this process so that its memory can be read. */
import { shoal } from "@shoal/agents/cli";
import type { Case, Cases } from "../measure/case.ts";
import { buffersMB, heapMB, peakMB } from "../measure/memory.ts";
import { observer } from "./cli_agents.ts";

interface Options {
  /** The file of the rows. */
  readonly input: string;
  /** The output file. */
  readonly output: string;
  /** The folder of the runs. */
  readonly dir: string;
  /** The number of rows to run, from the first. */
  readonly limit: number;
  /** The number of rows in flight. */
  readonly concurrency: number;
}

/** Memory is read when these percentages of the rows have been started. */
const PERCENTAGES = [10, 50, 100];

/** The ID of the run. */
const RUN_ID = "bulk";

export const CASES: Cases = {
  run: ({ input, output, dir, limit, concurrency }: Options): Case => ({
    work: async () => {
      const figures: Record<string, number> = {};
      observer.onRequest = (n) => {
        for (const percent of PERCENTAGES) {
          if (n + 1 !== Math.floor(limit * percent / 100)) continue;
          // The peak comes first, because reading the heap takes memory itself.
          figures[`peakMB${percent}`] = peakMB();
          figures[`heapMB${percent}`] = heapMB();
          figures[`buffersMB${percent}`] = buffersMB();
        }
      };
      const agent = `${import.meta.resolve("./cli_agents.ts")}#Echo`;
      const files = ["--in", input, "--out", output, "--dir", dir, "--run", RUN_ID];
      const options = ["--concurrency", concurrency, "--limit", limit, "--quiet"].map(String);
      await runShoal(["run", agent, ...files, ...options]);
      return figures;
    },
  }),

  /** Resumes the run of `run`, whose rows are finished, with more rows up to `limit`. */
  resume: ({ dir, limit }: Options): Case => ({
    work: async () => {
      const startedAt = performance.now();
      let firstNewMs = NaN;
      let requests = 0;
      observer.onRequest = (n) => {
        if (n === 0) firstNewMs = performance.now() - startedAt;
        requests++;
      };
      await runShoal(["resume", RUN_ID, "--dir", dir, "--limit", String(limit)]);
      return { firstNewMs, requests };
    },
  }),
};

async function runShoal(args: readonly string[]): Promise<void> {
  const code = await shoal(args);
  if (code !== 0) throw new Error(`shoal ${args[0]} exited with code ${code}`);
}
