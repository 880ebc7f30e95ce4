/** Tests that a finished run ends at 100 %, and no other run does. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { AGENTS, place, rowsOf } from "./helpers.ts";

const RUN = ["run", `${AGENTS}#Sentiment`, "--progress-every", "20ms"];

/** Returns the lines of progress. */
function progressOf(err: string): readonly string[] {
  return err.split("\n").filter((line) => / · ok \d/.test(line));
}

/** Returns the percentages of the lines. */
function percentagesOf(lines: readonly string[]): readonly number[] {
  return lines.flatMap((line) => /\((\d+) %\)/.exec(line)?.[1] ?? []).map(Number);
}

/** Checks that the last line alone is at 100 %, with this text, and without an ETA. */
function assertComplete(err: string, done: string): void {
  const lines = progressOf(err);
  const last = lines.at(-1)!;
  assert(last.startsWith(`${done} rows (100 %) · `), err);
  assertEquals(last.includes("ETA"), false, last);
  for (const percentage of percentagesOf(lines.slice(0, -1))) {
    assert(percentage <= 100 && percentage >= 0, err);
  }
  const whole = lines.findIndex((line) => line.includes("(100 %)"));
  assert(lines.slice(whole).every((line) => line.startsWith(done)), err);
}

const CELLS = Array.from({ length: 40 }, (_, i) => `${i},"row\n""${i}""\n"\n`).join("");

Deno.test("CSV with line breaks, quotes and empty lines ends at 100 %", async () => {
  await using here = await place({ latency: 5 });
  for (
    const [name, text, rows] of [
      ["breaks.csv", `id,input\n${CELLS}`, 40],
      ["empty.csv", `id,input\r\n\r\n${CELLS.replaceAll("\n", "\r\n")}\r\n\r\n`, 40],
      ["mac.csv", "id,input\r1,a\r2,b\r", 2],
      ["disc.csv", 'id,input\n1,a 5" disc\n2,b\n3,c 7" disc\n', 3],
      ["none.csv", "id,input\n", 0],
    ] as const
  ) {
    await here.write(name, text);
    const { code, err } = await here.shoal([...RUN, "-i", name, "-c", "4"]);
    assertEquals(code, 0, err);
    assertComplete(err, `${rows}/${rows}`);
    assertMatch(err, new RegExp(`\n${rows} ok, 0 failed`));
  }
});

Deno.test("the estimate for cells with line breaks is right while the run goes on", async () => {
  await using here = await place({ latency: 40 });
  await here.write("in.csv", `id,input\n${CELLS}`);
  const { err } = await here.shoal([...RUN, "-i", "in.csv", "-c", "2"]);
  const first = progressOf(err).slice(0, -1).filter((line) => /^\d+\//.test(line));
  assert(first.length > 0, err);
  for (const line of first) assertMatch(line, /^\d+\/(?:about )?40 rows/);
});

Deno.test("bad rows count, and --limit does not exceed 100 %", async () => {
  await using here = await place();
  const lines = rowsOf(20).split("\n").filter((line) => line !== "");
  await here.write("in.jsonl", lines.flatMap((line) => ["{bad", line]).join("\n"));
  const all = await here.shoal([...RUN, "-i", "in.jsonl", "-o", "all.jsonl"]);
  assertEquals(all.code, 1);
  assertComplete(all.err, "40/40");
  const some = await here.shoal([...RUN, "-i", "in.jsonl", "-o", "some.jsonl", "--limit", "5"]);
  assertComplete(some.err, "10/10");
  const more = await here.shoal([...RUN, "-i", "in.jsonl", "-o", "more.jsonl", "--limit", "90"]);
  assertComplete(more.err, "40/40");
});

Deno.test("resumed runs, pilots and pipes end at 100 %", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(30));
  const first = await here.shoal([...RUN, "-i", "in.jsonl", "-o", "o.jsonl", "--run", "r"]);
  assertComplete(first.err, "30/30");
  const resumed = await here.shoal(["resume", "r"]);
  assertComplete(resumed.err, "30/30");
  assertMatch(resumed.err, /already done 30/);
  const pilot = await here.shoal([...RUN, "-i", "in.jsonl", "--fresh", "--pilot", "5", "--yes"]);
  assertComplete(pilot.err, "30/30");
  const piped = await here.shoal([...RUN, "--fresh"], { stdin: rowsOf(7) });
  assertComplete(piped.err, "7/7");
});

Deno.test("a pipe that stays open ends at its --limit", async () => {
  await using here = await place();
  await using child = here.spawn([...RUN, "--limit", "2", "-o", "o.jsonl"], { stdin: "open" });
  child.write(rowsOf(2));
  const err = await new Response(child.stderr as BodyInit).text();
  assertComplete(err, "2/2");
  assertEquals((await child.status).code, 0);
  await child.stdout.cancel();
  child.closeStdin();
});

Deno.test("a run that stops early stays below 100 %", async () => {
  await using here = await place({ latency: 20 });
  await here.write("in.jsonl", rowsOf(200));
  const args = [...RUN, "-i", "in.jsonl", "-m", "m", "--price", "10,10", "--max-tokens", "100"];
  const { code, err } = await here.shoal([...args, "--budget", "0.005", "-c", "2"]);
  assertEquals(code, 4, err);
  const percentages = percentagesOf(progressOf(err));
  assert(percentages.length > 0 && percentages.every((one) => one < 100), err);
});

Deno.test("answers that are cut off at --max-tokens are counted everywhere", async () => {
  await using here = await place({ faults: { length: 1 } });
  await here.write("in.jsonl", rowsOf(3));
  const args = [...RUN, "-i", "in.jsonl", "-o", "o.jsonl", "--run", "r"];
  const { code, err } = await here.shoal([...args, "--max-tokens", "5"]);
  assertEquals(code, 0, err);
  assertMatch(progressOf(err).at(-1)!, / · failed 0 · cut off 3 · /);
  assertMatch(err, /\n3 ok, 0 failed, 3 cut off, /);
  assertMatch(err, /\n3 answers are cut off at --max-tokens 5: /);
  const shown = await here.shoal(["show", "r"]);
  assertMatch(shown.out, /^r: 3 ok, 0 failed, .*\n(?:.*\n)*3 answers are cut off/m);
  assertEquals(JSON.parse((await here.shoal(["show", "r", "--json"])).out).cutOff, 3);
});
