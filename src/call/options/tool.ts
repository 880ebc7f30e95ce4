import {
  callback,
  checkOptions,
  isRecord,
  positiveMs,
  refuse,
  type Rule,
  type RulesFor,
  text,
} from "../../model/check_options.ts";
import type { JsonSchema, ToolSpec } from "../../model/message.ts";
import { type Input, inputOf } from "../../output/input.ts";
import type { Received } from "../../output/output.ts";
import type { Schema } from "../../output/standard_schema.ts";

/** What a tool is handed beside its arguments. */
export interface ToolContext {
  /** Aborts when the call is aborted, or when the tool's own time is over. */
  readonly signal: AbortSignal;
  /** What the caller of the agent handed in as `metadata`. */
  readonly metadata: unknown;
  /** The provider's id of this request. */
  readonly id: string;
  /**
   * Tells whoever reads the call as a stream: an event `{ type: "emit", agent, data }`. Nothing happens where nobody does.
   *
   * @returns Done when the event was taken. It need not be awaited, and never rejects.
   */
  emit(data: unknown): Promise<void>;
}

/** What a tool is made of. */
export interface ToolOptions<S extends Schema = Schema, Args = unknown, R = unknown> {
  /** The name: letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  /** What it does, and when to use it: the model reads this. */
  readonly description?: string;
  /**
   * The schema of its arguments, an object: a Standard Schema, which checks them, or a JSON Schema, of which only the root is
   * checked: the type, and what must be there.
   */
  readonly input: S;
  /**
   * What it does. What it gives back goes to the model: a text as it is, `undefined` as an empty one, anything else as JSON. What it
   * throws is told to the model, and the call goes on.
   */
  readonly run: (args: Args, ctx: ToolContext) => R | Promise<R>;
  /** The time one run may take, in milliseconds; after it the model is told so. */
  readonly timeout?: number;
}

/** Something that a model may ask to be run. Made by {@linkcode defineTool}. */
// deno-lint-ignore no-explicit-any
export interface Tool<Args = any, R = any> {
  /** The name. */
  readonly name: string;
  /** What it does, and when to use it. */
  readonly description?: string;
  /** The JSON Schema of its arguments. */
  readonly parameters: JsonSchema;
  /** The time one run may take, in milliseconds. */
  readonly timeout?: number;
  /** What it does; the arguments are not checked here. */
  run(args: Args, ctx: ToolContext): R | Promise<R>;
}

/** A tool as the agents know it. */
export class DefinedTool implements Tool {
  readonly name: string;
  readonly description?: string;
  readonly parameters: JsonSchema;
  readonly timeout?: number;
  readonly run: ToolOptions["run"];
  readonly #input: Input;

  /** Whatever was checked before. */
  constructor({ name, description, timeout, run }: Omit<ToolOptions, "input">, input: Input) {
    this.name = name;
    this.description = description;
    this.timeout = timeout;
    this.run = run;
    this.parameters = input.json();
    this.#input = input;
  }

  /** What the model is told of it. */
  get spec(): ToolSpec {
    const { name, description, parameters } = this;
    return { name, ...(description !== undefined && { description }), parameters };
  }

  /** Checks arguments. */
  check(args: unknown): ReturnType<Input["check"]> {
    return this.#input.check(args);
  }
}

/** The rule for the name of a tool. */
export const toolName: Rule = (doing, name, value) => {
  text(doing, name, value);
  if (/^[A-Za-z0-9_-]{1,64}$/.test(value as string)) return;
  throw new TypeError(
    `Cannot ${doing} as its ${name} must be at most 64 letters, digits, "_" and "-"`,
  );
};

const RULES: RulesFor<ToolOptions> = {
  name: toolName,
  description: text,
  input: () => {},
  run: callback,
  timeout: positiveMs,
};

/**
 * Makes a tool that the model of an agent may ask for. It runs in this process, and its permits are free while it does: calls inside
 * it belong to the call that it runs for, with its limits, its budget and its signal.
 *
 * @throws {TypeError} If an option is missing, not known or of the wrong type, or if the schema is not that of an object.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import { defineAgent, defineTool } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 * import { z } from "zod";
 *
 * const weather = defineTool({
 *   name: "weather",
 *   description: "Tells the weather in a city, now.",
 *   input: z.object({ city: z.string() }),
 *   run: ({ city }) => ({ city, celsius: 21 }),
 * });
 * const Guide = defineAgent({
 *   name: "guide",
 *   model: "gpt-5-mini",
 *   prompt: "{question}",
 *   tools: [weather],
 *   provider: scripted([ // leave it out to ask the real model
 *     { text: "", toolCalls: [{ id: "1", name: "weather", args: '{"city":"Rome"}' }] },
 *     "21 degrees",
 *   ]),
 * });
 * const { content, toolCalls } = await Guide.call({ question: "Is it warm in Rome?" });
 * console.log(content, toolCalls[0]?.result); // 21 degrees { city: "Rome", celsius: 21 }
 * ```
 */
export function defineTool<S extends Schema, R, Args = Record<string, unknown>>(
  options: ToolOptions<S, Received<S, Args>, R>,
): Tool<Received<S, Args>, R> {
  if (!isRecord(options)) refuse("make a tool", "its options", "an object", options);
  toolName("make a tool", "name", options.name);
  const doing = `make the tool "${options.name}"`;
  checkOptions(doing, options, RULES);
  callback(doing, "run", options.run);
  const input = inputOf(doing, "input", options.input);
  return new DefinedTool(options as unknown as ToolOptions, input) as Tool<Received<S, Args>, R>;
}

/** The rule for an option `tools`. */
export const tools: Rule = (doing, name, value) => {
  if (!Array.isArray(value)) refuse(doing, name, "a list of tools", value);
  const names = new Set<string>();
  for (const [i, one] of value.entries()) {
    if (!(one instanceof DefinedTool)) {
      refuse(doing, `${name}[${i}]`, "made by defineTool() or by an agent's asTool()", one);
    }
    if (names.has(one.name)) {
      throw new TypeError(`Cannot ${doing} as ${name} has two tools named "${one.name}"`);
    }
    names.add(one.name);
  }
};

/** Those that were checked, as a call needs them: none are no tools at all. */
export function toolsOf(tools: readonly Tool[] | undefined): readonly DefinedTool[] | undefined {
  return tools === undefined || tools.length === 0
    ? undefined
    : [...tools] as unknown as readonly DefinedTool[];
}
