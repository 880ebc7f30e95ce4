import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { AGENTS, parsed, place, rowsOf, text } from "./helpers.ts";
import { readFile } from "node:fs/promises";
import { runtime } from "../runtime.ts";
import { serve } from "../serve.ts";

Deno.test("runs and show print counts, verdict and failures, as text or JSON", async () => {
  await using here = await place({
    script: ({ text }) =>
      /row [0-4]$/.test(text) ? "error500" : /row 7$/.test(text) ? "error400" : undefined,
  });
  await here.write("in.jsonl", rowsOf(40));
  const args = [
    "run",
    `${AGENTS}#Sentiment`,
    "-i",
    "in.jsonl",
    "-o",
    "o.jsonl",
    "-q",
    "--retries",
    "0",
  ];
  assertEquals((await here.shoal([...args, "--run", "one"])).code, 1);
  const runs = await here.shoal(["runs"]);
  assertMatch(runs.out, /^one {2}34 ok, 6 failed, [\d,]+ tokens, \$0\.\d+, \d+ m?s ago\n$/);
  const shown = await here.shoal(["show"]);
  assertMatch(shown.out, /^one: 34 ok, 6 failed/);
  assertMatch(
    shown.out,
    /\n[\d,]+ tokens in \(0 from the cache, 0 written to it\), [\d,]+ out \(0 for reasoning\), \$0\.\d+ by price list\n/,
  );
  assertStringIncludes(shown.out, "waiting for the model");
  assertMatch(shown.out, / {7}5 {2}provider 500: .*\n {7}1 {2}provider 400: .*\(rows 8\)/);
  const { ok, failures, verdict } = JSON.parse((await here.shoal(["show", "one", "--json"])).out);
  assertEquals([ok, failures.length, typeof verdict], [34, 2, "string"]);
  assertEquals(parsed((await here.shoal(["runs", "--json"])).out).map(({ failed }) => failed), [6]);
  assertEquals((await here.shoal(["show", "two"])).code, 2);
});

Deno.test("doctor reports a server that is unreachable or rejects the key", async () => {
  await using here = await place({ apiKey: "sk-secret-of-tests" });
  const well = await here.shoal(["doctor"]);
  assertEquals(well.code, 0, well.out);
  for (
    const name of [
      ...(runtime === "deno" ? ["permissions"] : []),
      ...["runtime", "journal", "key", "server", "streams", "concurrency"],
    ]
  ) {
    assertMatch(well.out, new RegExp(`^ok    ${name} `, "m"));
  }
  const refused = await here.shoal(["doctor"], { env: { OPENAI_API_KEY: "sk-wrong-key" } });
  assertEquals(refused.code, 3);
  assertMatch(refused.out, /^fail {2}server .*rejects the OPENAI_API_KEY \(401\)/m);
  // The server is reachable all the same.
  assertMatch(refused.out, /^ok {4}streams /m);
  const gone = await here.shoal(["doctor", "--base-url", "http://127.0.0.1:8/v1"]);
  assertEquals(gone.code, 3);
  assertMatch(gone.out, /^fail {2}server .*is unreachable: .*refused/im);
  assertEquals(/sk-(secret|wrong)/.test(well.out + refused.out + gone.out + refused.err), false);
});

Deno.test("doctor and record send the credentials of OPENAI_BASE_URL, and show none", async () => {
  await using here = await place();
  const seen: (string | null)[] = [];
  await using server = serve((request) => {
    const { pathname, search } = new URL(request.url);
    seen.push(`${pathname}${search} ${request.headers.get("authorization")}`);
    return Response.json({ data: [{ id: "m" }] });
  });
  const url = server.url.replace("//", "//user:p4ssw0rd@") + "/v1?key=k3y-of-tests";
  const env = { OPENAI_BASE_URL: url, OPENAI_API_KEY: "" };
  const found = await here.shoal(["doctor"], { env });
  assertEquals(found.code, 0, found.out + found.err);
  assertMatch(found.out, new RegExp(`^ok {4}server +${server.url}/v1 lists 1 models`, "m"));
  const basic = `Basic ${btoa("user:p4ssw0rd")}`;
  assertEquals(seen, [`/v1/models?key=k3y-of-tests ${basic}`]);

  await using child = here.spawn(["record", "-o", "calls.jsonl"], { env });
  const reader = child.stdout.getReader();
  const recorder = text((await reader.read()).value!).trim();
  assertEquals(await (await fetch(`${recorder}/models`)).json(), { data: [{ id: "m" }] });
  child.kill("SIGINT");
  await reader.cancel();
  const err = await new Response(child.stderr).text();
  assertEquals((await child.status).code, 0, err);
  assertStringIncludes(err, `Records requests to ${server.url}/v1; to use it:`);
  const shown = found.out + found.err + err + await here.read("calls.jsonl");
  assertEquals(/p4ssw0rd|k3y/.test(shown), false, shown);
  assertEquals(seen[1], `/v1/models?key=k3y-of-tests ${basic}`);
});

Deno.test("simulate prints its URL first, and ends on Ctrl-C", async () => {
  await using here = await place();
  const child = here.spawn([
    "simulate",
    "--port",
    "0",
    "--latency",
    "1,5",
    "--fault",
    "error500=1",
  ]);
  const reader = child.stdout.getReader();
  const url = text((await reader.read()).value!).trim();
  const response = await fetch(`${url}/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "x" }] }),
  });
  await response.body?.cancel();
  assertEquals(response.status, 500);
  child.kill("SIGINT");
  await reader.cancel();
  const [{ code }, err] = await Promise.all([child.status, new Response(child.stderr).text()]);
  assertEquals(code, 0);
  assertStringIncludes(err, "1 requests");
  for (const args of [["--latency", "9,3"], ["--fault", "nonsense=0.1"], ["--port", "99999"]]) {
    assertEquals((await here.shoal(["simulate", ...args])).code, 2);
  }
});

Deno.test("serve requires one of the tokens in SHOAL_TOKENS", async () => {
  await using here = await place();
  const child = here.spawn(["serve", AGENTS, "--port", "0"], {
    env: { SHOAL_TOKENS: "secret-token" },
  });
  const reader = child.stdout.getReader();
  const url = text((await reader.read()).value!).trim();
  const call = async (token: string) => {
    const response = await fetch(`${url}/sentiment`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ input: "a" }),
    });
    return [response.status, (await response.json()).content];
  };
  assertEquals(await call("secret-token"), [200, "said Review: a"]);
  assertEquals(await call("other"), [401, undefined]);
  child.kill("SIGTERM");
  await reader.cancel();
  const [{ code }] = await Promise.all([child.status, child.stderr.cancel()]);
  assertEquals(code, 0);
});

Deno.test("serve starts only with tokens, or with the word that creates one", async () => {
  await using here = await place();
  const closed = await here.shoal(["serve", AGENTS, "--port", "0"]);
  assertEquals([closed.code, closed.out], [2, ""]);
  assertMatch(closed.err, /no caller has access: set SHOAL_TOKENS=.* or pass --one-time-token/);
  const both = await here.shoal(["serve", AGENTS, "--port", "0", "--one-time-token"], {
    env: { SHOAL_TOKENS: "secret" },
  });
  assertEquals([both.code, both.out], [2, ""]);
  assertMatch(both.err, /with --one-time-token as SHOAL_TOKENS is set/);
});

Deno.test("serve --one-time-token prints a token, which callers and the dashboard need", async () => {
  await using here = await place();
  const child = here.spawn(["serve", AGENTS, "--port", "0", "--dashboard", "--one-time-token"]);
  const reader = child.stdout.getReader();
  const url = text((await reader.read()).value!).trim();
  let printed = "";
  const all = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  while (!/Dashboard: .*\n/.test(printed)) printed += (await all.read()).value ?? "";
  const [, token] = printed.match(/One-time token.*: ([\w-]{32})\n/)!;
  const status = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(url + path, { headers, redirect: "manual" });
    await response.body?.cancel();
    return response.status;
  };
  assertEquals([await status("/"), await status("/dashboard")], [401, 401]);
  assertEquals(await status("/", { authorization: `Bearer ${token}` }), 200);
  const [, link] = printed.match(/Dashboard: (http\S+)\n/)!;
  assertEquals(link, `${url}/dashboard?token=${token}`);
  assertEquals(await status(link!.slice(url.length)), 303);
  child.kill("SIGINT");
  await reader.cancel();
  await all.cancel();
  assertEquals((await child.status).code, 0);
});

Deno.test("--help lists all commands, examples and exit codes", async () => {
  await using here = await place();
  const { code, out } = await here.shoal(["--help"]);
  assertEquals(code, 0);
  for (
    const word of [
      "run",
      "resume",
      "retry",
      "runs",
      "show",
      "serve",
      "doctor",
      "simulate",
      "Exit codes",
      "Examples",
    ]
  ) {
    assertStringIncludes(out, word);
  }
  const run = await here.shoal(["run", "--help"]);
  assertEquals([run.code, run.err], [0, ""]);
  assertStringIncludes(run.out, "Examples");
});

Deno.test("--help shows defaults as typed, and --version the version", async () => {
  await using here = await place();
  const { out } = await here.shoal(["run", "--help"]);
  const help = out.replaceAll(/\s+/g, " ");
  assertMatch(
    help,
    /--grace <time> how long calls in flight may take after Ctrl-C \(default: 10s\)/,
  );
  assertMatch(help, /--max-row .* \(default: 16m\)/);
  assertEquals(/default: (false|\{\}|\d{4})/.test(help), false, out);
  const { version } = JSON.parse(
    await readFile(new URL("../../deno.json", import.meta.url), "utf8"),
  );
  assertEquals(await here.shoal(["--version"]), { code: 0, out: `${version}\n`, err: "" });
});

Deno.test("runs reports on stderr that there are no runs", async () => {
  await using here = await place();
  const { code, out, err } = await here.shoal(["runs"]);
  assertEquals([code, out], [0, ""]);
  assertMatch(err, /There are no runs in \.shoal/);
});

Deno.test("serve --open exempts a route from tokens", async () => {
  await using here = await place();
  const child = here.spawn(["serve", AGENTS, "--port", "0", "--open", "health"], {
    env: { SHOAL_TOKENS: "a,b" },
  });
  const reader = child.stdout.getReader();
  const url = text((await reader.read()).value!).trim();
  const statusOf = async (path: string) => {
    const response = await fetch(url + path);
    await response.body?.cancel();
    return response.status;
  };
  assertEquals([await statusOf("/health"), await statusOf("/metrics")], [200, 401]);
  child.kill("SIGTERM");
  await reader.cancel();
  const [, err] = await Promise.all([child.status, new Response(child.stderr).text()]);
  assertMatch(err, /Callers need one of the 2 tokens in SHOAL_TOKENS/);
  const odd = await here.shoal(["serve", AGENTS, "--port", "0", "--open", "everything"]);
  assertEquals(odd.code, 2);
  assertMatch(
    odd.err,
    /'--open <routes>' argument 'everything' is invalid.* one or more of health,metrics,openapi/,
  );
});
