/** The cost of a journal and of resuming a run, with a scripted model without latency. */
import { configure, defineAgent, type RunOptions, stream } from "@shoal/agents";
import { type Journal, memoryJournal, sqliteJournal } from "@shoal/agents/journal";
import { scripted } from "@shoal/agents/testing";
import { type Case, type Cases, type Load, range } from "../measure/case.ts";
import { countedCase } from "../measure/call_counter.ts";

interface Options extends Load {
  /** The warm-up. */
  readonly warm: Load;
  /** The file of the database, for a SQLite journal. */
  readonly path: string;
}

interface ResumeOptions extends Load {
  /** The file of the database of a run that has finished the first `n` calls. */
  readonly path: string;
  /** The number of further calls. */
  readonly more: number;
}

/** The ID of the run that is measured. */
const RUN_ID = "bulk";

export const CASES: Cases = {
  none: (options: Options) => journalCase(options),
  memory: (options: Options) => journalCase(options, memoryJournal()),
  sqlite: (options: Options) => journalCase(options, sqliteJournal(options.path)),

  resume: ({ n, more, concurrency, path }: ResumeOptions): Case => ({
    work: async () => {
      const startedAt = performance.now();
      const figures = { replayed: 0, failed: 0, firstMs: NaN, firstNewMs: NaN };
      await using journal = sqliteJournal(path);
      const results = stream(calls(n + more), { concurrency, journal, runId: RUN_ID });
      for await (const { result } of results) {
        const now = performance.now() - startedAt;
        if (Number.isNaN(figures.firstMs)) figures.firstMs = now;
        if (result.replayed) figures.replayed++;
        else if (Number.isNaN(figures.firstNewMs)) figures.firstNewMs = now;
        if (!result.ok) figures.failed++;
      }
      return figures;
    },
  }),
};

configure({ prices: { bench: { input: 1, output: 1 } } });
const Echo = defineAgent({
  name: "echo",
  model: "bench",
  prompt: "{i}",
  provider: scripted("ok", { keep: 0 }),
});

function* calls(n: number) {
  for (const i of range(n)) yield [Echo, { i }] as const;
}

/** Returns a case that makes calls; the warm-up has a run ID of its own. */
function journalCase(options: Options, journal?: Journal): Case {
  let isWarm = false;
  const { work, warm } = countedCase(options, async ({ n, concurrency }, counter) => {
    const runId = isWarm ? RUN_ID : "warm";
    isWarm = true;
    const journalOptions: RunOptions = journal === undefined ? {} : { journal, runId };
    for await (const { result } of stream(calls(n), { concurrency, ...journalOptions })) {
      counter.add(result.error);
    }
  });
  return { work, warm, end: () => journal?.close() ?? Promise.resolve() };
}
