/** Tests that the command line shows what the user's own code threw, and where. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { AGENTS, parsed, place, rowsOf, text } from "./helpers.ts";

const FAILING = join(AGENTS, "..", "failing_agents.ts");
/** The place in the file of the agents where all of them throw. */
const PLACE = /\(.*failing_agents\.ts:10:\d+\)/;

/** A simulated server whose model calls the tool first, and answers with JSON after that. */
const withTool = {
  respond: ({ body }: { readonly body: unknown }) =>
    JSON.stringify(body).includes('"tool_call_id"') || !JSON.stringify(body).includes('"tools"')
      ? '{"label":"a"}'
      : { content: null, toolCalls: [{ name: "search", arguments: {} }] },
};

for (
  const [name, message] of [
    ["Prompt", 'Cannot call "prompt" as its prompt function threw: prompt is broken'],
    ["Params", 'Cannot call "params" as its params schema threw: schema is broken'],
    ["Before", 'Cannot finish the call of "before" as its before hook threw: hook is broken'],
    ["Run", 'Cannot finish the call of "run" as its run function threw: run is broken'],
    ["Aggregate", 'the workflow "aggregate" as its aggregate threw: aggregate is broken'],
    ["Step", 'as the params of its step "echo" threw: step is broken'],
    ["Output", 'Cannot finish the call of "output" as its output schema threw: output is broken'],
  ] as const
) {
  Deno.test(`${name}: the message and the line are shown, in the log, in --errors and in show`, async () => {
    await using here = await place(withTool);
    await here.write("in.jsonl", rowsOf(1));
    const args = ["run", `${FAILING}#${name}`, "-i", "in.jsonl", "-o", "o.jsonl", "-e", "e.jsonl"];
    const { code, err } = await here.shoal([...args, "-q"]);
    assertEquals(code, 1, err);
    assert(err.startsWith("line 1: tool: ") && err.includes(message), err);
    assertMatch(err, PLACE);
    assertEquals(/\n {4}at |src\/call/.test(err), false, err);
    const [row] = await here.rows("e.jsonl");
    assertEquals(row!.code, "tool");
    assertMatch(String(row!.message), PLACE);
    // A run that has sent nothing is not kept.
    if (["Prompt", "Params", "Before"].includes(name)) return;
    const { out } = await here.shoal(["show"]);
    assertMatch(out, new RegExp(`tool: .*${message.split(" ").slice(-3).join(" ")}`));
    assertMatch(out, PLACE);
  });
}

Deno.test("a tool that throws is shown and counted, though its row succeeds", async () => {
  await using here = await place(withTool);
  await here.write("in.jsonl", rowsOf(7));
  const { code, err, out } = await here.shoal(["run", `${FAILING}#Tool`, "-i", "in.jsonl"]);
  assertEquals([code, parsed(out).length], [0, 7], err);
  assertMatch(err, /line 1: The tool "search" of "tools" threw: tool is broken \(.*:10:\d+\)/);
  assertMatch(err, /7 ok, 0 failed, 7 errors of tools or branches/);
  assertEquals(err.match(/threw:/g)!.length, 5);
});

Deno.test("what a worker throws is shown with its line", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(1));
  const args = ["run", `${FAILING}#Prompt`, "-i", "in.jsonl", "-q", "--workers", "1"];
  const { code, err } = await here.shoal(args, { all: true });
  assertEquals(code, 1, err);
  assertMatch(err, /prompt function threw: prompt is broken/);
  assertMatch(err, PLACE);
});

Deno.test("what a module throws while it is loaded is shown with its line", async () => {
  await using here = await place();
  await here.write(
    "inner.ts",
    '\nexport const key = find();\nfunction find() {\n  throw new Error("no key");\n}\n',
  );
  await here.write("outer.ts", 'import "./inner.ts";\n');
  await here.write(
    "option.ts",
    [
      `import { defineAgent } from "@shoal/agents";`,
      `export const A = defineAgent({ name: "a", prompt: 5 as never });`,
      "",
    ].join("\n"),
  );
  await here.write("text.ts", 'throw "only a text";\n');
  await here.write("in.jsonl", rowsOf(1));
  for (
    const [file, pattern] of [
      ["inner.ts", /^Cannot load the agents of inner\.ts: no key \(inner\.ts:4:\d+\)\n$/],
      ["outer.ts", /^Cannot load the agents of outer\.ts: no key \(inner\.ts:4:\d+\)\n$/],
      [
        "option.ts",
        /prompt must be a template or a function: current value is 5 \(option\.ts:2:\d+\)\n$/,
      ],
      ["text.ts", /^Cannot load the agents of text\.ts: only a text\n$/],
    ] as const
  ) {
    for (const command of [["run", file, "-i", "in.jsonl"], ["serve", file, "-p", "0"]]) {
      const { code, err, out } = await here.shoal(command);
      assertEquals([code, out], [2, ""], err);
      assertMatch(err, pattern);
    }
  }
});

Deno.test("serve shows what an agent threw: its message only in development", async () => {
  await using here = await place();
  for (const isDevelopment of [true, false]) {
    const args = ["serve", `${FAILING}#Prompt`, "-p", "0"];
    await using child = isDevelopment
      ? here.spawn([...args, "--one-time-token"])
      : here.spawn(args, { env: { SHOAL_TOKENS: "secret" } });
    const reader = child.stdout.getReader();
    const url = text((await reader.read()).value!).trim();
    const stderr = (child.stderr as ReadableStream<Uint8Array>)
      .pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
    let err = "";
    while (!/Callers need/.test(err)) err += (await stderr.read()).value ?? "";
    const token = isDevelopment ? err.match(/One-time token.*: (\S+)/)![1] : "secret";
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    const response = await fetch(`${url}/prompt`, { method: "POST", body: "{}", headers });
    const answer = await response.text();
    assertEquals([response.status, answer.includes("broken")], [500, false], answer);
    child.kill("SIGINT");
    await reader.cancel();
    for (let next; !(next = await stderr.read()).done;) err += next.value;
    const { code } = await child.status;
    assertEquals([code, err.includes("prompt is broken")], [0, isDevelopment], err);
    assertMatch(err, /POST \/prompt \(.*\): .*failing_agents\.ts:10:\d+\)/);
    if (!isDevelopment) assertMatch(err, /: RangeError \(/);
  }
});
