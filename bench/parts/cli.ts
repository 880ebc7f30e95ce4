import { readLines } from "../measure/read_lines.ts";
import { isMeasured, measure, type Outcome } from "../measure/measure.ts";
import { cpuMicros, extra, type Figure, peakMB, Runs, wallMs } from "../measure/runs.ts";
import { createScratchFolder, type ScratchFolder } from "../measure/scratch_folder.ts";
import type { Effort, Finding } from "../part.ts";
import { count, type Row, seconds } from "../report/table.ts";

const CONCURRENCY = 1_000;

/** A long file through the command line, and the same run resumed, with a scripted model. */
export async function* cli({ quick }: Effort): AsyncGenerator<Finding> {
  const n = quick ? 100_000 : 1_000_000;
  const more = 1_000;
  await using files = await createScratchFolder();
  await writeRows(files.path("rows.jsonl"), n + more);
  const run = (name: string, limit: number) => () => runCommand(files, name, limit);
  // The runs are long enough for one round.
  const runs = await Runs.measure(1, { run: run("run", n), resume: run("resume", n + more) });

  const perSecond: Figure = ({ wallMs }) => n / wallMs * 1000;
  const missing = (name: "run" | "resume", limit: number): number | undefined => {
    const lines = runs.median(name, extra("lines"));
    return lines === undefined ? undefined : limit - lines;
  };
  const rowOf = (name: "run" | "resume", command: string, limit: number): Row => ({
    command,
    "wall s": runs.stopped(name) ?? seconds(runs.median(name, wallMs)),
    "rows/s": runs.median(name, perSecond),
    "CPU µs per row": runs.median(name, cpuMicros(n)),
    "first new row, s": seconds(runs.median(name, extra("firstNewMs"))),
    "peak MB at 10 %": runs.median(name, extra("peakMB10")),
    "peak MB at 50 %": runs.median(name, extra("peakMB50")),
    "peak MB": runs.median(name, peakMB),
    "heap MB at 10 %": runs.median(name, extra("heapMB10")),
    "heap MB at 100 %": runs.median(name, extra("heapMB100")),
    "buffers MB at 10 %": runs.median(name, extra("buffersMB10")),
    "buffers MB at 100 %": runs.median(name, extra("buffersMB100")),
    "rows missing": missing(name, limit),
  });
  const where = `shoal run, ${count(n)} rows`;
  return yield {
    table: {
      title: `Command line: ${where}, ${count(CONCURRENCY)} in flight, scripted model`,
      rows: [
        rowOf("run", "shoal run", n),
        rowOf("resume", `shoal resume, ${count(more)} new rows`, n + more),
      ],
      notes: [
        "Journal and output are on disk. peak: RSS. heap, buffers: live after a garbage " +
        "collection. One run.",
      ],
    },
    goals: [
      {
        name: `${where}: peak memory relative to 10 %`,
        found: runs.median("run", ({ peakMB, extra }) => peakMB / extra.peakMB10!),
        atMost: 1.2,
        unit: "×",
      },
      {
        name: `${where}: growth of the heap from 10 % to the end`,
        found: runs.median("run", ({ extra }) => extra.heapMB100! - extra.heapMB10!),
        // The size of a flat heap varies a little.
        atMost: 2,
        unit: "MB",
      },
      { name: `${where}: rows missing`, found: missing("run", n), atMost: 0, unit: "rows" },
      {
        name: `${where}, resumed: rows missing`,
        found: missing("resume", n + more),
        atMost: 0,
        unit: "rows",
      },
      {
        name: `${where}, resumed: rows requested again`,
        found: runs.median("resume", ({ extra }) => extra.requests! - more),
        atMost: 0,
        unit: "rows",
      },
    ],
  };
}

/** Runs the command. The figure `lines` is the number of lines in the output. */
async function runCommand(files: ScratchFolder, name: string, limit: number): Promise<Outcome> {
  const output = files.path("answers.jsonl");
  const outcome = await measure("cases/cli.ts", name, {
    input: files.path("rows.jsonl"),
    output,
    dir: files.path("runs"),
    limit,
    concurrency: CONCURRENCY,
  }, { limitMs: 180_000 });
  if (!isMeasured(outcome)) return outcome;
  return { ...outcome, extra: { ...outcome.extra, lines: await countLines(output) } };
}

async function writeRows(path: string, n: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const writer = file.writable.getWriter();
  const encoder = new TextEncoder();
  const CHUNK = 10_000;
  for (let from = 0; from < n; from += CHUNK) {
    let text = "";
    for (let i = from; i < Math.min(n, from + CHUNK); i++) {
      text += JSON.stringify({ id: i, text: `Review ${i}: I love it` }) + "\n";
    }
    await writer.write(encoder.encode(text));
  }
  await writer.close();
}

async function countLines(path: string): Promise<number> {
  const file = await Deno.open(path);
  let lines = 0;
  for await (const _ of readLines(file.readable)) lines++;
  return lines;
}
