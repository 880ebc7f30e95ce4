import { defineAgent, type JsonSchema } from "../../../mod.ts";
import type { Callable } from "../../call/options/callable.ts";
import { checkBraces } from "../checks/check_braces.ts";
import { CliError, errorMessage } from "../cli_error.ts";
import { readTextFile } from "../files/read_text_file.ts";
import { nameFlags } from "../option_flags.ts";
import { writeStderr } from "../write_stderr.ts";

/** Options of {@linkcode createPromptAgent}. */
export interface PromptSettings {
  /** The template, or `@` and the name of a file with it. */
  readonly prompt: string;
  /** The system message, or `@` and the name of a file with it. */
  readonly system?: string;
  /** The name of a file with the JSON Schema of the answers. */
  readonly schema?: string;
}

/**
 * Creates an agent from the options of the command line.
 *
 * @throws {CliError} If a file cannot be read, or the prompt or the schema is invalid.
 */
export async function createPromptAgent(options: PromptSettings): Promise<Callable> {
  const { schema } = options;
  const output = schema === undefined ? undefined : await readJsonFile(schema);
  const prompt = await readArgument(options.prompt);
  const warning = checkBraces(prompt);
  if (warning !== undefined) writeStderr(`${warning}\n`);
  const system = options.system === undefined ? undefined : await readArgument(options.system);
  try {
    return defineAgent({ name: "prompt", prompt, system, output: output as JsonSchema });
  } catch (cause) {
    throw new CliError(nameFlags(errorMessage(cause)), { cause });
  }
}

/** Returns the text itself, or that of the file after `@`. */
function readArgument(text: string): string | Promise<string> {
  return text.startsWith("@") ? readTextFile(text.slice(1)) : text;
}

async function readJsonFile(path: string): Promise<unknown> {
  const text = await readTextFile(path);
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError(`Cannot use the --schema in ${path} as it is not JSON`);
  }
}
