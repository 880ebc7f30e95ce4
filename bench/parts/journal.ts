import { measure } from "../measure/measure.ts";
import { cpuMicros, extra, type Figure, peakMB, Runs, wallMs } from "../measure/runs.ts";
import { createScratchFolder } from "../measure/scratch_folder.ts";
import type { Effort, Finding } from "../part.ts";
import { count, type Row, seconds } from "../report/table.ts";

const CONCURRENCY = 1_000;
const WARM = { n: 20_000, concurrency: CONCURRENCY };

const JOURNALS = {
  "no journal": "none",
  "memoryJournal": "memory",
  "sqliteJournal": "sqlite",
} as const;
type Kind = keyof typeof JOURNALS;

/** The cost of a journal, and how soon a run resumes after a crash, with a scripted model. */
export async function* journal(effort: Effort): AsyncGenerator<Finding> {
  yield await journalCost(effort);
  yield await resumeCost(effort);
}

/** Compares the same run with and without a journal. */
async function journalCost({ rounds, quick }: Effort): Promise<Finding> {
  const n = quick ? 20_000 : 100_000;
  await using files = await createScratchFolder();
  const load = { n, concurrency: CONCURRENCY, warm: WARM };
  let databases = 0;
  const runs = await Runs.measureNamed(rounds, JOURNALS, (name) =>
    // Each run has its own database.
    measure("cases/journal.ts", name, { ...load, path: files.path(`${databases++}.db`) }));
  const wallMicros: Figure = ({ wallMs }) => wallMs * 1000 / n;
  const none: Kind = "no journal";
  const difference = (kind: Kind, figure: Figure) =>
    kind === none ? undefined : runs.difference(kind, none, figure);
  const rows = (Object.keys(JOURNALS) as Kind[]).map((kind): Row => ({
    journal: kind,
    "wall s": runs.stopped(kind) ?? seconds(runs.median(kind, wallMs)),
    "µs per call": runs.median(kind, wallMicros),
    "µs for the journal": difference(kind, wallMicros),
    "CPU µs per call": runs.median(kind, cpuMicros(n)),
    "CPU µs for the journal": difference(kind, cpuMicros(n)),
    "peak MB": runs.median(kind, peakMB),
    failed: runs.median(kind, extra("failed")),
  }));
  return {
    table: {
      title: `Journal: ${count(n)} scripted calls, ${count(CONCURRENCY)} in flight, no latency`,
      rows,
      notes: ["µs: wall time, which includes waiting for the disk."],
    },
    goals: [
      {
        name: `sqliteJournal, ${count(CONCURRENCY)} in flight: wall time per call`,
        found: runs.difference("sqliteJournal", none, wallMicros),
        atMost: 30,
        unit: "µs",
      },
    ],
  };
}

/** Measures how soon a long run resumes. */
async function resumeCost({ quick }: Effort): Promise<Finding> {
  const n = quick ? 20_000 : 1_000_000;
  const more = 1_000;
  await using files = await createScratchFolder();
  const path = files.path("run.db");
  const load = { n, concurrency: CONCURRENCY, path };
  // The runs are long enough for one round.
  const limit = { limitMs: 120_000 };
  const runs = await Runs.measure(1, {
    run: () => measure("cases/journal.ts", "sqlite", { ...load, warm: WARM }, limit),
    resume: () => measure("cases/journal.ts", "resume", { ...load, more }, limit),
  });
  const figure = (name: string) => runs.median("resume", extra(name));
  const first = figure("firstMs");
  const replayMicros: Figure = ({ extra }) => extra.firstNewMs! * 1000 / n;
  const replayed = figure("replayed");
  return {
    table: {
      title: `Journal, resumed: ${count(n)} calls in a SQLite journal, ${count(more)} new calls`,
      rows: [
        {
          run: "first run",
          "wall s": runs.stopped("run") ?? seconds(runs.median("run", wallMs)),
          "µs per call": runs.median("run", ({ wallMs }) => wallMs * 1000 / n),
          "first result, s": undefined,
          "first new result, s": undefined,
          replayed: undefined,
          "peak MB": runs.median("run", peakMB),
        },
        {
          run: "resumed",
          "wall s": runs.stopped("resume") ?? seconds(runs.median("resume", wallMs)),
          "µs per call": runs.median("resume", replayMicros),
          "first result, s": seconds(first),
          "first new result, s": seconds(figure("firstNewMs")),
          replayed,
          "peak MB": runs.median("resume", peakMB),
        },
      ],
      notes: ["Separate processes; time starts when the journal is opened. One run."],
    },
    goals: [
      {
        name: `journal of ${count(n)} calls, resumed: time to the first result`,
        found: seconds(first),
        atMost: 2,
        unit: "s",
      },
      {
        name: `journal of ${count(n)} calls, resumed: not replayed`,
        found: replayed === undefined ? undefined : n - replayed,
        atMost: 0,
        unit: "calls",
      },
    ],
  };
}
