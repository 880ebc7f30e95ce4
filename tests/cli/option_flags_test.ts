/** Tests that messages name flags and variables, and no options of the library. */
import { assertEquals, assertMatch } from "@std/assert";
import { nameFlags } from "../../src/cli/option_flags.ts";
import { AGENTS, place, rowsOf } from "./helpers.ts";

Deno.test("names the flags and the variables of each command", () => {
  for (
    const [message, shown] of [
      [
        "Cannot create the provider as there is no key: set OPENAI_API_KEY, pass `apiKey`, or use another server by `baseURL`",
        "Cannot create the provider as there is no key: set OPENAI_API_KEY, or use another server by --base-url",
      ],
      [
        'Cannot call "a" as no model is named: pass `model` or configure({ model })',
        'Cannot call "a" as no model is named: set --model, or a model in the file of the agents',
      ],
      [
        "the price is not known: pass it with configure({ prices })",
        "the price is not known: set --price IN,OUT",
      ],
      ["a higher `concurrency` would help", "a higher --concurrency would help"],
      ["set `limits` that it accepts", "set --rpm and --tpm that it accepts"],
      [
        "this would take about 5; maxTokens: 20 would fit",
        "this would take about 5; --max-tokens 20 would fit",
      ],
      ["timeout.total passed: it was not finished", "--timeout passed: it was not finished"],
      [
        "timeout.attempt passed: there was no answer",
        "the time limit of an attempt passed: there was no answer",
      ],
      [
        "it reached its limit of tokens: raise maxTokens",
        "it reached its limit of tokens: raise --max-tokens",
      ],
      [
        "Cannot run as temperature must be a number: 5",
        "Cannot run as --temperature must be a number: 5",
      ],
      ["the model must answer", "the model must answer"],
    ] as const
  ) {
    assertEquals(nameFlags(message), shown);
  }
});

Deno.test("messages of a run say what the user can change", async () => {
  await using here = await place({ respond: () => '{"label":5}' });
  await here.write("in.jsonl", rowsOf(1));
  await here.write(
    "agents.ts",
    `import { defineAgent } from "@shoal/agents";
     const base = { prompt: "{input}", retries: 0, repair: 0 };
     export const NoModel = defineAgent({ ...base, name: "none" });
     const output = { type: "object", properties: { label: { type: "string" } } };
     export const Typed = defineAgent({ ...base, name: "typed", model: "m", output });
     export const Two = defineAgent({
       ...base, name: "two", model: "m", output, fallbackModels: ["n"],
     });`,
  );
  const run = async (agent: string, ...more: string[]) =>
    (await here.shoal(["run", agent, "-i", "in.jsonl", "-q", "--fresh", ...more])).err;
  assertMatch(await run("agents.ts#NoModel"), /no model is named: set --model, or a model in the/);
  assertMatch(
    await run("agents.ts#Typed"),
    /^line 1: invalid_output: .*does not match its schema: label must be a string, not a number\n/,
  );
  assertMatch(await run("agents.ts#Two"), /all 2 models failed: m: .*; n: /);
  assertMatch(await run(`${AGENTS}#Sentiment`, "--budget", "1", "-m", "odd"), /set --price IN,OUT/);
  const shown = await here.shoal(["show"]);
  assertEquals(/`\w+`/.test(shown.out), false, shown.out);
});

Deno.test("doctor, record and replay name their flags and variables", async () => {
  await using here = await place();
  await here.write("r.jsonl", "{}\n");
  const env = { OPENAI_BASE_URL: "no url" };
  for (
    const [args, pattern] of [
      [
        ["record", "-o", "x.jsonl"],
        /Cannot use OPENAI_BASE_URL as it must be an http or https URL/,
      ],
      [
        ["record", "-o", "r.jsonl", "--base-url", here.server.url],
        /the file r.jsonl exists: .*--overwrite/,
      ],
      [["doctor", "--timeout", "1s"], /Cannot use OPENAI_BASE_URL as it must be/],
      [["replay", "none.jsonl"], /none.jsonl/],
    ] as const
  ) {
    const { code, out, err } = await here.shoal(args, { env });
    assertEquals(code === 2 || code === 3, true, err);
    assertMatch(out + err, pattern);
    assertEquals(/baseURL|overwrite to true/.test(out + err), false, err);
  }
});
