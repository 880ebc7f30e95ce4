import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { AGENTS, parsed, place, rowsOf } from "./helpers.ts";

Deno.test("writes JSONL rows as they finish, or in order with --ordered", async () => {
  await using here = await place({ latency: { min: 0, max: 40 } });
  await here.write("in.jsonl", rowsOf(200));
  const args = ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-c", "50"];
  const { code, err } = await here.shoal([...args, "-o", "out.jsonl", "--ordered"]);
  assertEquals(code, 0);
  const rows = await here.rows("out.jsonl");
  assertEquals(rows.map(({ id }) => id), Array.from({ length: 200 }, (_, i) => i));
  assertEquals(rows[7], { id: 7, input: "row 7", output: "said Review: row 7" });
  assertStringIncludes(err, "200 ok, 0 failed");
  // Without --ordered they are in another order.
  const { out } = await here.shoal([...args, "--run", "other"]);
  const ids = parsed(out).map(({ id }) => id as number);
  assertEquals(ids.length, 200);
  assertEquals(ids.toSorted((a, b) => a - b), rows.map(({ id }) => id));
  assertEquals(ids.every((id, i) => id === i), false);
});

Deno.test("runs a --prompt with a --schema over rows from a pipe", async () => {
  await using here = await place({ respond: () => '{"label":"good"}' });
  const schema = { type: "object", properties: { label: { type: "string" } }, required: ["label"] };
  await here.write("schema.json", JSON.stringify(schema));
  const output = await here.shoal(
    ["run", "--prompt", "Label: {text}", "-m", "gpt-5-mini", "--schema", "schema.json", "--meta"],
    { stdin: '{"text":"a"}\n\n{"text":"b","more":[1]}' },
  );
  assertEquals(output.code, 0);
  const rows = parsed(output.out).toSorted((a, b) => Number(a._line) - Number(b._line));
  assertEquals(rows.map(({ text, output, _line }) => [text, output, _line]), [
    ["a", { label: "good" }, 1],
    ["b", { label: "good" }, 3],
  ]);
  assertEquals(typeof rows[0]!._cost, "number");
});

Deno.test("checks answers against the whole schema, and rejects an invalid schema", async () => {
  await using here = await place({ respond: () => '{"label":5}' });
  const schema = { type: "object", properties: { label: { type: "string" } } };
  await here.write("schema.json", JSON.stringify(schema));
  const args = ["run", "--prompt", "Label: {text}", "-m", "gpt-5-mini", "--schema", "schema.json"];
  const stdin = '{"text":"a"}';
  const output = await here.shoal([...args, "--errors", "err.jsonl"], { stdin });
  assertEquals([output.code, output.out], [1, ""]);
  assertEquals((await here.rows("err.jsonl")).map(({ code }) => code), ["invalid_output"]);
  await here.write("schema.json", '{"label":"string"}');
  const rejected = await here.shoal(args, { stdin });
  assertEquals([rejected.code, rejected.out], [2, ""]);
  assertStringIncludes(
    rejected.err,
    "must be a Standard Schema or a JSON Schema: " +
      'it has "label", which is no keyword of JSON Schema',
  );
});

Deno.test("reads and writes CSV with quotes and line breaks, and maps its columns", async () => {
  await using here = await place({
    respond: () => '{"label":"it said ""x"", ü"}'.replaceAll('""', '\\"'),
  });
  const csv =
    '\ufeffid,review\n1,"a ""quoted"", text"\n2,"two\nlines"\n3,plain ü\n4,one,too many\n' +
    '5,"x"y\n6,last\n';
  await here.write("in.csv", csv);
  const { code, err } = await here.shoal(
    [
      "run",
      `${AGENTS}#Label`,
      "-i",
      "in.csv",
      "-o",
      "out.csv",
      "--map",
      "text=review",
      "--columns",
      "label",
      "--ordered",
      "-e",
      "err.jsonl",
    ],
  );
  assertEquals(code, 1, err);
  assertEquals(
    await here.read("out.csv"),
    'id,review,label\n1,"a ""quoted"", text","it said ""x"", ü"\n' +
      '2,"two\nlines","it said ""x"", ü"\n3,plain ü,"it said ""x"", ü"\n' +
      '5,"""x""y","it said ""x"", ü"\n6,last,"it said ""x"", ü"\n',
  );
  const bad = (await here.rows("err.jsonl")).toSorted((a, b) => Number(a.line) - Number(b.line));
  assertEquals(bad.map(({ line, code }) => [line, code]), [[6, "bad_row"]]);
  assertEquals([...here.requestCounts.keys()].toSorted(), [
    'Label: "x"y',
    'Label: a "quoted", text',
    "Label: last",
    "Label: plain ü",
    "Label: two\nlines",
  ]);
});

Deno.test("rejects a missing column of CSV before anything is sent", async () => {
  await using here = await place();
  await here.write("in.csv", "id,review\n1,a\n");
  const output = await here.shoal(["run", `${AGENTS}#Label`, "-i", "in.csv"]);
  assertEquals([output.code, output.out, here.server.stats.requests], [2, "", 0]);
  assertMatch(output.err, /Cannot find the column "text": the columns are id, review/);
});

Deno.test("writes failed rows to --errors, and retries them with shoal retry", async () => {
  await using here = await place({
    script: ({ text }) => text.includes("row 3") ? "error500" : undefined,
  });
  await here.write("in.jsonl", rowsOf(5));
  const output = await here.shoal(
    [
      "run",
      `${AGENTS}#Sentiment`,
      "-i",
      "in.jsonl",
      "-o",
      "o.jsonl",
      "-e",
      "e.jsonl",
      "--retries",
      "0",
    ],
  );
  assertEquals(output.code, 1);
  assertEquals((await here.rows("o.jsonl")).length, 4);
  const [row, ...others] = await here.rows("e.jsonl");
  assertEquals([row!.line, row!.status, row!.row, others], [4, 500, { id: 3, input: "row 3" }, []]);
  assertMatch(output.err, /line 4: provider/);
  // Failed rows run again with retry only, not with resume.
  const resumed = await here.shoal(["resume", "-q"]);
  assertEquals([resumed.code, here.requestCounts.get("Review: row 1")], [1, 1]);
  here.server.configure({ script: undefined });
  const retried = await here.shoal(["retry", "-q"]);
  assertEquals([retried.code, (await here.rows("o.jsonl")).length], [0, 5]);
  assertEquals(await here.read("e.jsonl"), "");
  assertEquals(here.requestCounts.get("Review: row 1"), 1);
});

Deno.test("overwrites neither a started run nor an existing output without --fresh", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(2));
  const args = ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-o", "out.jsonl", "-q"];
  const precious = "precious ".repeat(1_000) + "\n";
  await here.write("out.jsonl", precious);
  const rejected = await here.shoal(args);
  assertEquals([rejected.code, await here.read("out.jsonl")], [2, precious]);
  assertEquals((await here.shoal([...args, "--fresh"])).code, 0);
  assertEquals((await here.rows("out.jsonl")).length, 2);
  const again = await here.shoal(args);
  assertEquals(again.code, 2);
  assertStringIncludes(again.err, "--resume continues it");
  assertEquals((await here.shoal([...args, "--resume"])).code, 0);
  assertEquals(here.server.stats.requests, 2);
  assertEquals((await here.shoal([...args, "--fresh"])).code, 0);
  assertEquals(here.server.stats.requests, 4);
});

Deno.test("a budget ends the run, and holds over all its starts", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(200));
  const args = ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-o", "out.jsonl", "-q", "-m", "m"];
  // Each row costs about a tenth of a cent.
  const price = ["--price", "50,0", "--max-tokens", "10", "-c", "5"];
  const first = await here.shoal([...args, ...price, "--budget", "0.05"]);
  assertEquals(first.code, 4, first.err);
  assertStringIncludes(first.err, "shoal resume");
  const done = (await here.rows("out.jsonl")).length;
  assertEquals(done > 5 && done < 150, true, `${done}`);
  const { requests } = here.server.stats;
  const again = await here.shoal(["resume"]);
  // Hardly anything is left of the budget.
  assertEquals([again.code, here.server.stats.requests < requests + 5], [4, true]);
  assertEquals((await here.shoal(["resume", "--budget", "100"])).code, 0);
  assertEquals((await here.rows("out.jsonl")).length, 200);
});

Deno.test("a budget that is too small for a row is named, without a verdict and an ETA", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(20));
  const args = ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-o", "out.jsonl", "-m", "m"];
  const price = ["--price", "50,0", "--budget", "0.00001"];
  const { code, err } = await here.shoal([...args, ...price]);
  assertEquals([code, here.server.stats.requests], [4, 0], err);
  assertMatch(
    err,
    /^Nothing was sent, as the --budget is too small: 0\.00001 US dollars, and a row may take about 0/m,
  );
  assertMatch(err, /Run the command with a larger --budget$/m);
  assertEquals(/nothing took any time|ETA/.test(err), false, err);

  // Rows that were answered are judged; the rest is not expected any more.
  const larger = ["--price", "50,0", "--max-tokens", "10", "--budget", "0.005", "-c", "1"];
  const some = await here.shoal([...args, ...larger]);
  assertEquals([some.code, here.server.stats.requests > 0], [4, true], some.err);
  assertMatch(some.err, /: a higher --concurrency would help/);
  assertEquals(/ETA[^\n]*\n[^\n]* not finished/.test(some.err), false, some.err);
});

Deno.test("the verdict names flags, and for batches none", async () => {
  await using here = await place({ latency: 5 });
  await here.write("in.jsonl", rowsOf(3));
  const args = ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "--json"];
  for (
    const [name, flags, verdict] of [
      ["plain", ["-c", "1"], /^waiting for the model \d+ % of the time: a higher --concurrency /],
      ["files", ["--provider-batch", "--poll", "10ms"], /^waiting for batches \d+ % of the time$/],
    ] as const
  ) {
    const run = await here.shoal([...args, "--run", name, "-o", `${name}.jsonl`, ...flags]);
    assertEquals(run.code, 0, run.err);
    assertMatch(JSON.parse(run.out).verdict, verdict);
    const json = await here.shoal(["show", name, "--json"]);
    assertMatch(JSON.parse(json.out).verdict, verdict);
    const { out } = await here.shoal(["show", name]);
    assertEquals(out.split("\n").filter((line) => verdict.test(line)).length, 1, out);
  }
});

Deno.test("a budget holds for long answers, over the pilot and the run", async () => {
  // Answers of 5,000 tokens, which cost 5 cents each.
  await using here = await place({ respond: () => "x".repeat(20_000), latency: 20 });
  await here.write("in.jsonl", rowsOf(120));
  const io = ["-i", "in.jsonl", "-o", "out.jsonl", "--fresh", "-q", "-m", "m"];
  const price = ["--price", "0,10", "-c", "100", "--budget", "1"];
  for (const more of [[], ["--max-tokens", "6000"], ["--pilot", "10", "--yes"]]) {
    const { requests } = here.server.stats;
    const output = await here.shoal([
      "run",
      "--prompt",
      "Go on: {input}",
      ...io,
      ...price,
      ...more,
    ]);
    assertEquals(output.code, 4, output.err);
    const sent = here.server.stats.requests - requests;
    assertEquals(sent >= 18 && sent <= 20, true, `${sent} with ${more}`);
  }
});

Deno.test("a server that rejects the key ends the run, and the key stays hidden", async () => {
  await using here = await place({ apiKey: "another" });
  await here.write("in.jsonl", rowsOf(1_000));
  // The same within a workflow.
  for (const agent of ["Sentiment", "Both"]) {
    const output = await here.shoal(["run", `${AGENTS}#${agent}`, "-i", "in.jsonl", "-c", "5"]);
    assertEquals([output.code, output.out], [3, ""]);
    assertStringIncludes(output.err, "401");
    assertEquals(output.err.includes("sk-secret"), false);
  }
  assertEquals(here.server.stats.requests < 200, true);
});

Deno.test("an unreachable server ends the run early, and an unreliable one does not", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(1_000));
  const args = ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-o", "o.jsonl", "--retries", "0"];
  const gone = ["--base-url", "http://127.0.0.1:8/v1", "-e", "e.jsonl", "-c", "5"];
  const dead = await here.shoal([...args, ...gone]);
  assertEquals(dead.code, 3);
  assertStringIncludes(dead.err, "shoal retry in-");
  assertEquals((await here.rows("e.jsonl")).length < 100, true);
  // Both failed and unstarted rows run once the server is there.
  const back = await here.shoal(["retry", "--base-url", here.server.url, "-q"]);
  assertEquals([back.code, (await here.rows("o.jsonl")).length], [0, 1_000]);
  here.server.configure({ script: ({ text }) => /0$/.test(text) ? undefined : "reset" });
  assertEquals((await here.shoal([...args, "--fresh", "-q", "--limit", "200"])).code, 1);
  assertEquals((await here.rows("o.jsonl")).length, 20);
});

Deno.test("a closed pipe ends the run without a message", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(20_000));
  const child = here.spawn(["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-c", "20", "-q"]);
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  const { code } = await child.status;
  assertEquals(await new Response(child.stderr).text(), "");
  assertEquals(code, 141);
  assertEquals(here.server.stats.requests < 19_000, true);
});

Deno.test("rejects wrong use with a hint", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(1));
  for (
    const [args, pattern] of [
      [["run"], /there is no agent/],
      [["run", `${AGENTS}#Sentimen`], /did you mean "Sentiment"/],
      [["run", AGENTS], /exports more than one agent: name one of/],
      [["run", "none.ts#A"], /Cannot load the agents of none.ts/],
      [["run", `${AGENTS}#Sentiment`, "-i", "none.jsonl"], /Cannot read none.jsonl/],
      [["run", `${AGENTS}#Sentiment`, "-c", "0"], /a positive integer, or adaptive/],
      [
        ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-o", "./in.jsonl", "--fresh"],
        /more than one/,
      ],
      [["run", `${AGENTS}#Sentiment`, "--concurency", "3"], /Did you mean --concurrency/],
      [["run", "--prompt", "x"], /without a --model/],
      [
        ["run", `${AGENTS}#Sentiment`, "--map", "nix=a"],
        /no such parameter: its parameters are input/,
      ],
      [["show"], /Cannot find a run/],
      [
        ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-m", "strange", "--budget", "1"],
        /--price/,
      ],
    ] as const
  ) {
    const output = await here.shoal(args, { stdin: "" });
    assertEquals([output.code, output.out], [2, ""], output.err);
    assertMatch(output.err, pattern);
  }
  assertEquals(here.server.stats.requests, 0);
});
