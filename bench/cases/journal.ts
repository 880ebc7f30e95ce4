/** What a journal costs, and how soon a run goes on that has one: calls to a model in memory that takes no time. */
import { configure, defineAgent, type RunOptions, stream } from "@shoal/agents";
import { type Journal, memoryJournal, sqliteJournal } from "@shoal/agents/journal";
import { scripted } from "@shoal/agents/testing";
import { type Case, type Cases, type Load, range } from "../measure/case.ts";
import { countedCase } from "../measure/call_counter.ts";

interface Options extends Load {
  /** What is done before, to be warm. */
  readonly warm: Load;
  /** The database, for who has one. */
  readonly path: string;
}

interface ResumeOptions extends Load {
  /** The database of a run that has finished the first `n` calls. */
  readonly path: string;
  /** How many calls there are beyond those. */
  readonly more: number;
}

/** The name of the run that is measured. */
const RUN_ID = "bulk";

export const CASES: Cases = {
  none: (options: Options) => journalCase(options),
  memory: (options: Options) => journalCase(options, memoryJournal()),
  sqlite: (options: Options) => journalCase(options, sqliteJournal(options.path)),

  resume: ({ n, more, concurrency, path }: ResumeOptions): Case => ({
    work: async () => {
      const began = performance.now();
      const found = { replayed: 0, failed: 0, firstMs: NaN, firstNewMs: NaN };
      await using journal = sqliteJournal(path);
      const results = stream(calls(n + more), { concurrency, journal, runId: RUN_ID });
      for await (const { result } of results) {
        const now = performance.now() - began;
        if (Number.isNaN(found.firstMs)) found.firstMs = now;
        if (result.replayed) found.replayed++;
        else if (Number.isNaN(found.firstNewMs)) found.firstNewMs = now;
        if (!result.ok) found.failed++;
      }
      return found;
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

/** Calls, in a run of the journal for each time. */
function journalCase(options: Options, journal?: Journal): Case {
  let isWarm = false;
  const { work, warm } = countedCase(options, async ({ n, concurrency }, tally) => {
    const runId = isWarm ? RUN_ID : "warm";
    isWarm = true;
    const kept: RunOptions = journal === undefined ? {} : { journal, runId };
    for await (const { result } of stream(calls(n), { concurrency, ...kept })) {
      tally.add(result.error);
    }
  });
  return { work, warm, end: () => journal?.close() ?? Promise.resolve() };
}
