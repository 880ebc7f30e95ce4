/** Run as a process of its own, so that its environment and permissions are its own; see `environment_test.ts`. */
import { defineAgent } from "@shoal/agents";
import { openai, type OpenAIOptions } from "@shoal/agents/openai";

/** What it prints, as JSON. */
export interface Said {
  content?: string;
  error?: string;
}

/** What it does with its argument: nothing but the environment, or these options. */
const options: OpenAIOptions | undefined = JSON.parse(Deno.args[0] ?? "null") ?? undefined;
const said: Said = {};
try {
  const provider = options && openai(options);
  const Ask = defineAgent({
    name: "ask",
    model: "m",
    prompt: "x",
    maxTokens: 9,
    retries: 0,
    provider,
  });
  said.content = (await Ask.call({})).content;
  await provider?.[Symbol.asyncDispose]();
} catch (error) {
  said.error = String(error);
}
console.log(JSON.stringify(said));
