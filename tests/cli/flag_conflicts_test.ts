/** Tests that flags which contradict each other are rejected before anything is sent or written. */
import { assertEquals, assertMatch } from "@std/assert";
import { readdirSync } from "node:fs";
import { AGENTS, place, rowsOf } from "./helpers.ts";

const RUN = ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl"];

Deno.test("rejects flags that contradict each other, or that need another one", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(2));
  for (
    const [flags, pattern] of [
      ["--resume --fresh", /Cannot use --resume with --fresh: .*Leave out one of them/],
      ["--retry-failed --fresh", /Cannot use --retry-failed with --fresh/],
      ["--as a --columns label", /Cannot use --as with --columns/],
      ["-q --progress-every 1s", /Cannot use --quiet with --progress-every/],
      ["--workers 2 --provider-batch", /Cannot use --workers with --provider-batch/],
      ["--pilot 2 --provider-batch", /Cannot use --pilot with --provider-batch: a batch may take/],
      ["--rpm 5 --provider-batch", /Cannot use --rpm with --provider-batch/],
      ["--tpm 5 --provider-batch", /Cannot use --tpm with --provider-batch/],
      ["-c adaptive --provider-batch", /Cannot use --concurrency adaptive with --provider-batch/],
      ["--yes", /Cannot use --yes without --pilot/],
      ["--poll 1s", /Cannot use --poll without --provider-batch/],
      ["--retry-failed", /Cannot use --retry-failed without --resume/],
      ["--price 1,1", /Cannot use --price without a --model/],
      ["--delimiter ;", /Cannot use --delimiter as the rows are jsonl/],
      ["-i - --pilot 2", /Cannot use --pilot with the standard input/],
    ] as const
  ) {
    const { code, out, err } = await here.shoal([...RUN, ...flags.split(" ")], { stdin: "" });
    assertEquals([code, out], [2, ""], flags);
    assertMatch(err, pattern);
  }
  assertEquals(here.server.stats.requests, 0);
  assertEquals(readdirSync(here.dir), ["in.jsonl"]);
});

Deno.test("rejects --workers with --prompt before anything is created", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(2));
  const args = ["run", "--prompt", "{input}", "-m", "m", "-i", "in.jsonl", "--workers", "2"];
  const { code, err } = await here.shoal(args);
  assertEquals(code, 2);
  assertMatch(err, /Cannot use --workers with --prompt as workers load their agents from a file/);
  assertEquals(readdirSync(here.dir), ["in.jsonl"]);
});

Deno.test("flags of shoal resume replace contradicting ones of the first start", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(2));
  const args = [...RUN, "-o", "o.jsonl", "--run", "r", "--progress-every", "1s", "--as", "first"];
  assertEquals((await here.shoal(args)).code, 0);
  const fresh = await here.shoal(["resume", "r", "--fresh"]);
  assertEquals(fresh.code, 2);
  assertMatch(fresh.err, /Cannot use --fresh with shoal resume or shoal retry/);
  assertEquals((await here.rows("o.jsonl")).map((row) => "first" in row), [true, true]);
  const quiet = await here.shoal(["resume", "r", "-q", "--as", "second"]);
  assertEquals([quiet.code, quiet.err], [0, ""]);
  assertEquals((await here.rows("o.jsonl")).map((row) => "second" in row), [true, true]);
  assertEquals(here.server.stats.requests, 2);
  const retried = await here.shoal(["retry", "r", "-q"]);
  assertEquals([retried.code, retried.err], [0, ""]);
  const both = await here.shoal(["resume", "r", "-q", "--yes"]);
  assertEquals(both.code, 2);
});

Deno.test("serve serves one agent, or several of several files", async () => {
  await using here = await place();
  const other = `import { defineAgent } from "@shoal/agents";
    export const Other = defineAgent({ name: "other", model: "m", prompt: "{input}" });
    export const Second = defineAgent({ name: "second", model: "m", prompt: "{input}" });`;
  await here.write("other.ts", other);
  for (
    const [references, names] of [
      [[`${AGENTS}#Sentiment`], ["sentiment"]],
      [[`${AGENTS}#label`], ["label"]],
      [[`${AGENTS}#Sentiment`, "other.ts"], ["sentiment", "other", "second"]],
      [[`${AGENTS}#Label`, "other.ts#Second", `${AGENTS}#Label`], ["label", "second"]],
    ] as const
  ) {
    await using child = here.spawn(["serve", ...references, "-p", "0"], {
      env: { SHOAL_TOKENS: "secret" },
    });
    const reader = child.stdout.getReader();
    const url = new TextDecoder().decode((await reader.read()).value).trim();
    const headers = { authorization: "Bearer secret" };
    const { agents } = await (await fetch(url, { headers })).json();
    assertEquals(agents.map(({ name }: { name: string }) => name), names);
    await reader.cancel();
    child.kill("SIGINT");
    const err = await new Response(child.stderr as BodyInit).text();
    assertMatch(err, new RegExp(`^${names.map((name) => `POST /${name}`).join(", ")}; Ctrl-C`));
  }
  for (
    const [args, pattern] of [
      [[`${AGENTS}#Sentimnt`], /Cannot find "Sentimnt" in .*: did you mean "Sentiment"\?/],
      [["none.ts#A"], /Cannot load the agents of none.ts as there is no such file/],
      [[], /missing required argument 'agents'/],
    ] as const
  ) {
    const { code, err } = await here.shoal(["serve", ...args, "-p", "0"]);
    assertEquals(code, 2);
    assertMatch(err, pattern);
  }
  await here.write("twice.ts", other);
  const twice = await here.shoal(["serve", "other.ts#Other", "twice.ts#Other", "-p", "0"]);
  assertEquals(twice.code, 2);
  assertMatch(twice.err, /Cannot serve other.ts#Other twice.ts#Other: .* two agents named "other"/);
  const env = { SHOAL_TOKENS: " , " };
  const locked = await here.shoal(["serve", "other.ts", "-p", "0"], { env });
  assertEquals(locked.code, 2);
  assertMatch(locked.err, /Cannot serve as SHOAL_TOKENS has no token/);
});

Deno.test("simulate lists its faults, in the help and after an unknown one", async () => {
  await using here = await place();
  const { out } = await here.shoal(["simulate", "--help"]);
  for (const name of ["error400 to error599", "rateLimit", "stallKeepAlive", "refusal"]) {
    assertMatch(out, new RegExp(name));
  }
  for (const [fault, meant] of [["ratelimit", "rateLimit"], ["trunkate", "truncate"]] as const) {
    const { code, err } = await here.shoal(["simulate", "--fault", `${fault}=0.1`]);
    assertEquals(code, 2);
    assertMatch(err, new RegExp(`no fault "${fault}": did you mean "${meant}".*insufficientQuota`));
  }
  const { err } = await here.shoal(["simulate", "--fault", "reset"]);
  assertMatch(err, /'reset' is invalid. It must be name=share/);
  const sum = await here.shoal(["simulate", "--fault", "reset=0.7,stall=0.7"]);
  assertMatch(sum.err, /--fault must add up to at most 1/);
});
