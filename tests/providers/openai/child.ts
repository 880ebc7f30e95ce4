/** Runs in a process with its own environment and permissions; see `environment_test.ts`. */
import { defineAgent } from "@shoal/agents";
import { openai, type OpenAIOptions } from "@shoal/agents/openai";
import process from "node:process";

/** The output, as JSON. */
export interface Output {
  content?: string;
  error?: string;
}

/** The argument: use only the environment, or these options. */
const options: OpenAIOptions | undefined = JSON.parse(process.argv.slice(2)[0] ?? "null") ??
  undefined;
const output: Output = {};
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
  output.content = (await Ask.call({})).content;
  await provider?.[Symbol.asyncDispose]();
} catch (error) {
  output.error = String(error);
}
console.log(JSON.stringify(output));
