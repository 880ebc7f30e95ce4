/** Tests the JSON that commands print: `--json`. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { DoctorReport, RunDetails, RunListing, RunSummary } from "@shoal/agents/cli";
import { batch, defineAgent, summarize } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { AGENTS, parsed, place, rowsOf, text, until } from "./helpers.ts";

const RUN = ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "--json"];

/** Returns the names of all members of the library's summary. */
async function summaryNames(): Promise<readonly string[]> {
  const agent = defineAgent({ name: "a", model: "m", prompt: "x", provider: scripted("y") });
  return Object.keys(summarize(await batch([[agent, {}]])));
}

/** Parses the lines of JSON among the lines of text. */
function jsonLines(lines: string): Record<string, unknown>[] {
  return parsed(lines.split("\n").filter((line) => line.startsWith("{")).join("\n"));
}

Deno.test("run --json prints one summary to stdout if the rows go to a file", async () => {
  await using here = await place({
    script: ({ text }) => /row [0-4]$/.test(text) ? "error400" : undefined,
  });
  await here.write("in.jsonl", rowsOf(40) + "{bad\n");
  const { code, out, err } = await here.shoal([...RUN, "-o", "out.jsonl", "--run", "one"]);
  assertEquals(code, 1, err);
  const summary: RunSummary = JSON.parse(out);
  for (const name of await summaryNames()) {
    // Absent without a known cost or an adaptive concurrency.
    if (!["cost", "concurrency"].includes(name)) assert(name in summary, name);
  }
  const { type, runId, exitCode, ended, total, ok, failed, bad, attempts, byError } = summary;
  assertEquals([type, runId, exitCode, ended], ["summary", "one", 1, "complete"]);
  assertEquals([total, ok, failed, bad, attempts], [40, 35, 5, 1, 40]);
  assertEquals([byError, summary.unfinished, summary.replayed], [{ provider: 5 }, 0, 0]);
  assertEquals(summary.usage.totalTokens > 0 && summary.cost!.total > 0, true);
  // The progress is JSON, too; the figures in words are left out.
  const last = jsonLines(err).at(-1)!;
  assertEquals([last.type, last.runId, last.done, last.ok], ["progress", "one", 41, 35]);
  assertEquals(/35 ok/.test(err), false, err);
});

Deno.test("run --json prints the summary to stderr if the rows go to stdout", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(3));
  const { code, out, err } = await here.shoal([...RUN, "-q"]);
  assertEquals([code, parsed(out).length], [0, 3]);
  const lines = err.trim().split("\n");
  assertEquals([lines.length, JSON.parse(lines[0]!).ok], [1, 3]);
});

Deno.test("run --json says why the run has ended, and replayed rows cost nothing", async () => {
  await using here = await place({ latency: ({ text }) => text.endsWith("row 9") ? 60_000 : 0 });
  await here.write("in.jsonl", rowsOf(20));
  const args = [...RUN, "-o", "out.jsonl", "-q", "--run", "r"];
  const pilot = await here.shoal([...args, "--pilot", "4", "--limit", "8"]);
  const sampled: RunSummary = JSON.parse(pilot.out);
  assertEquals([pilot.code, sampled.ended, sampled.total, sampled.attempts], [5, "pilot", 0, 4]);
  assert(sampled.cost!.total > 0);

  const child = here.spawn([...args, "--resume", "--grace", "0"]);
  await until(() => here.requestCounts.size === 20);
  child.kill("SIGTERM");
  const { code, stdout } = await child.output();
  const stopped: RunSummary = JSON.parse(text(stdout));
  assertEquals([code, stopped.exitCode, stopped.ended], [143, 143, "interrupted"]);
  assertEquals([stopped.ok, stopped.replayed, stopped.unfinished], [19, 4, 1]);

  here.server.configure({ latency: 0 });
  const resumed: RunSummary = JSON.parse((await here.shoal(["resume", "r"])).out);
  assertEquals([resumed.ended, resumed.ok, resumed.replayed], ["complete", 20, 19]);
  assertEquals([resumed.attempts, resumed.byModel["gpt-5-mini"]!.total], [1, 20]);

  const again = await here.shoal([
    ...args,
    "--run",
    "b",
    "-o",
    "b.jsonl",
    "--budget",
    "0.000000001",
  ]);
  const spent: RunSummary = JSON.parse(again.out);
  assertEquals([again.code, spent.ended, spent.exitCode], [4, "budget", 4]);
});

Deno.test("run --json reports hopeless runs and broken ones; wrong use prints no JSON", async () => {
  await using here = await place({ apiKey: "sk-other" });
  await here.write("in.jsonl", rowsOf(30));
  const hopeless = await here.shoal([...RUN, "-o", "out.jsonl", "-q"]);
  const { ended, failed }: RunSummary = JSON.parse(hopeless.out);
  assertEquals([hopeless.code, ended, failed >= 20], [3, "hopeless", true]);

  await here.write("cut.jsonl", rowsOf(30));
  const broken = await here.shoal([...RUN, "-o", "missing/out.jsonl", "-q", "--run", "b"]);
  const { ended: end, error }: RunSummary = JSON.parse(broken.out);
  assertEquals([broken.code, end], [3, "error"]);
  assertMatch(error!, /Cannot write missing\/out\.jsonl/);
  assertMatch(broken.err, /Cannot write missing\/out\.jsonl/);

  const wrong = await here.shoal([...RUN, "--map", "nobody=id"]);
  assertEquals([wrong.code, wrong.out, /^Cannot map/.test(wrong.err)], [2, "", true]);
});

Deno.test("runs, show and doctor print one shape each, with the names of summarize()", async () => {
  await using here = await place({
    script: ({ text }) => text.endsWith("row 1") ? "error400" : undefined,
  });
  await here.write("in.jsonl", rowsOf(4));
  assertEquals((await here.shoal([...RUN, "-q", "--run", "a"])).code, 1);
  assertEquals((await here.shoal([...RUN, "-q", "--run", "b"])).code, 1);
  await here.write(".shoal/b/run.json", "{");

  const names = await summaryNames();
  const listings = parsed((await here.shoal(["runs", "--json"])).out) as unknown as RunListing[];
  assertEquals(listings.map(({ runId }) => runId).sort(), ["a", "b"]);
  for (const listing of listings) {
    for (const name of ["total", "ok", "failed", "usage", "unpriced", "byError"]) {
      assert(name in listing && names.includes(name), name);
    }
  }
  const [a, b] = ["a", "b"].map((name) => listings.find(({ runId }) => runId === name)!);
  assertEquals([a!.total, a!.ok, a!.failed, a!.error], [4, 3, 1, undefined]);
  assertMatch(b!.error!, /run "b" was started/);

  const details: RunDetails = JSON.parse((await here.shoal(["show", "a", "--json"])).out);
  assertEquals([details.total, details.ok, details.byError], [4, 3, { provider: 1 }]);
  assertEquals([details.attempts, details.byModel["gpt-5-mini"]!.failed], [4, 1]);
  assertEquals([details.failures[0]!.rows, details.args?.[0]], [[1], `${AGENTS}#Sentiment`]);
  for (const name of ["durationMs", "timeSpent", "verdict", "cached"]) assert(name in details);
  assertEquals((await here.shoal(["show", "none", "--json"])).out, "");

  const doctor = await here.shoal(["doctor", "--json"]);
  const report: DoctorReport = JSON.parse(doctor.out);
  assertEquals([doctor.code, report.state], [0, "ok"]);
  assert(report.findings.some(({ name, state }) => name === "server" && state === "ok"));
  const gone = await here.shoal(["doctor", "--json", "--base-url", "http://127.0.0.1:8/v1"]);
  assertEquals([gone.code, JSON.parse(gone.out).state], [3, "fail"]);
});
