import { defineAgent, type JsonSchema } from "../../../mod.ts";
import type { Callable } from "../../call/options/callable.ts";
import { CliError, reasonOf } from "../exit_code.ts";

/** An agent without a file. */
export interface PromptAgent {
  /** The template, or `@` and the name of a file with it. */
  readonly prompt: string;
  /** The system message, or `@` and the name of a file with it. */
  readonly system?: string;
  /** A file with the JSON Schema of the answers. */
  readonly schema?: string;
}

/**
 * Makes an agent of a prompt.
 *
 * @throws {CliError} If a file cannot be read or the prompt cannot be used.
 */
export async function promptAgent(options: PromptAgent): Promise<Callable> {
  const { schema } = options;
  const output = schema === undefined ? undefined : await jsonOf(schema);
  const prompt = await textOf(options.prompt);
  const system = options.system === undefined ? undefined : await textOf(options.system);
  try {
    return defineAgent({ name: "prompt", prompt, system, output: output as JsonSchema });
  } catch (cause) {
    throw new CliError(reasonOf(cause), undefined, { cause });
  }
}

/** The text itself, or that of a file after `@`. */
function textOf(text: string): string | Promise<string> {
  return text.startsWith("@") ? read(text.slice(1)) : text;
}

async function jsonOf(path: string): Promise<unknown> {
  const text = await read(path);
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError(`Cannot use the schema in ${path} as it is not JSON`);
  }
}

async function read(path: string): Promise<string> {
  try {
    return (await Deno.readTextFile(path)).replace(/\n$/, "");
  } catch (cause) {
    throw new CliError(`Cannot read ${path}: ${reasonOf(cause)}`, undefined, { cause });
  }
}
