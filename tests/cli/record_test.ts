import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readdirSync } from "node:fs";
import process from "node:process";
import { runtime } from "../runtime.ts";
import { place } from "./helpers.ts";

/** The command that executes a script. */
const EXECUTE = runtime === "deno" ? ["deno", "run", "-A"] : [process.execPath];

/** A script that sends its argument to the server of OPENAI_BASE_URL, and prints the answer. */
const SCRIPT = `
import { readdirSync } from "node:fs";
import process from "node:process";

const response = await fetch(process.env.OPENAI_BASE_URL + "/chat/completions", {
  method: "POST",
  headers: { "content-type": "application/json", authorization: "Bearer sk-live-123456789abc" },
  body: JSON.stringify({ model: "m", messages: [{ role: "user", content: process.argv[2] }] }),
});
const json = await response.json();
console.log(json.choices?.[0].message.content ?? json.error.message);
process.exit(Number(process.argv[3] ?? 0));
`;

Deno.test("record: keeps what a command sends, and replay answers it", async () => {
  await using shop = await place();
  const script = await shop.write("script.mjs", SCRIPT);
  const out = shop.path("calls.jsonl");
  const command = (...args: string[]) => ["--", ...EXECUTE, script, ...args];
  const base = ["--base-url", shop.server.url];
  const first = await shop.shoal(["record", ...base, "-o", out, ...command("Hello", "7")], {
    all: true,
  });
  assertEquals([first.code, first.out], [7, "said Hello\n"]);
  assertStringIncludes(first.err, `1 exchange recorded in ${out}`);
  assert(!(await shop.read("calls.jsonl")).includes("123456789abc"));

  const again = await shop.shoal(["record", ...base, "-o", out, ...command("Hello")], {
    all: true,
  });
  assertEquals(again.code, 2);
  assertStringIncludes(again.err, "exists: choose another, or pass --overwrite");

  const requests = shop.server.stats.requests;
  const replayed = await shop.shoal(["replay", out, ...command("Hello")], { all: true });
  assertEquals([replayed.code, replayed.out], [0, "said Hello\n"]);
  const other = await shop.shoal(["replay", out, ...command("Bye")], { all: true });
  assertEquals(other.code, 1);
  assertStringIncludes(other.out, "Cannot replay: no recording");
  assertStringIncludes(other.err, "Rejected a request: no recording of POST /chat/completions");
  assertStringIncludes(other.err, "Recordings that no request has used: 1");
  const loose = await shop.shoal(["replay", out, "--no-strict", ...command("Bye")], { all: true });
  assertEquals([loose.code, loose.out], [0, "said Hello\n"]);
  assertEquals(shop.server.stats.requests, requests);
});

Deno.test("record: without a command it runs until it is stopped", async () => {
  await using shop = await place();
  const out = shop.path("calls.jsonl");
  const args = ["record", "--base-url", shop.server.url, "-o", out];
  await using child = shop.spawn(args);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const url = (await reader.read()).value!.trim();
  const response = await fetch(`${url}/models`);
  assertEquals((await response.json()).object, "list");
  child.kill("SIGINT");
  while (!(await reader.read()).done);
  const err = await new Response(child.stderr).text();
  assertEquals((await child.status).code, 0);
  assertStringIncludes(err, `1 exchange recorded in ${out}`);
});

Deno.test("record: a start that fails leaves no file, and an earlier recording as it was", async () => {
  await using shop = await place();
  const port = new URL(shop.server.url).port;
  const base = ["record", "--base-url", shop.server.url, "-o", "calls.jsonl"];
  for (const args of [["-p", port], ["--", "no-such-command"]]) {
    const { code, err } = await shop.shoal([...base, ...args], { all: true });
    assertEquals([code, readdirSync(shop.dir)], [2, []], err);
  }
  const earlier = '{"an earlier":"recording"}\n';
  await shop.write("calls.jsonl", earlier);
  const taken = await shop.shoal([...base, "--overwrite", "-p", port], { all: true });
  assertEquals([taken.code, await shop.read("calls.jsonl")], [2, earlier], taken.err);
  const script = await shop.write("script.mjs", SCRIPT);
  const replaced = await shop.shoal(
    [...base, "--overwrite", "--", ...EXECUTE, script, "Hello"],
    { all: true },
  );
  assertEquals(replaced.code, 0, replaced.err);
  const [recording, ...others] = await shop.rows("calls.jsonl");
  assertEquals([recording!["an earlier"], others], [undefined, []]);
});

Deno.test("record and replay: wrong use ends with 2 and a reason", async () => {
  await using shop = await place();
  const bad = await shop.write("bad.jsonl", "nonsense\n");
  const cases = [
    [["record", "--base-url", "nonsense"], "It must be an http or https URL"],
    [
      ["record", "-o", shop.path("a.jsonl"), "--", "no-such-command"],
      "Cannot start no-such-command",
    ],
    [["replay"], "missing required argument 'file'"],
    [["replay", bad], "bad.jsonl:1 is not a recording: it is not JSON"],
    [["replay", shop.path("none.jsonl")], "none.jsonl: no such file"],
  ] as const;
  for (const [args, message] of cases) {
    const { code, err } = await shop.shoal(args, { all: true });
    assertEquals([code, err.includes(message)], [2, true], err);
  }
});
