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
import { type PreparedInput, prepareInput } from "../../output/prepare_input.ts";
import type { Received } from "../../output/prepare_output.ts";
import type { Schema } from "../../output/standard_schema.ts";

/** The second parameter of a tool's `run`. */
export interface ToolContext {
  /** Aborts when the call aborts or the `timeout` of the tool is over. */
  readonly signal: AbortSignal;
  /** The `metadata` of the call. */
  readonly metadata: unknown;
  /** The provider's id of this tool call. */
  readonly id: string;
  /**
   * Emits an event `{ type: "emit", agent, data }` to the consumer of the call's stream, if the
   * call is streamed.
   *
   * @returns Resolves when the event is consumed. It need not be awaited, and never rejects.
   */
  emit(data: unknown): Promise<void>;
}

/** Options of a tool. */
export interface ToolOptions<S extends Schema = Schema, Args = unknown, R = unknown> {
  /** The name: at most 64 letters, digits, `_` and `-`. */
  readonly name: string;
  /**
   * What the tool does and when to use it, for the model.
   *
   * @default None
   */
  readonly description?: string;
  /**
   * The schema of the arguments, which must be that of an object. Invalid arguments are reported to
   * the model. Arguments in another form, such as a number in a string, are read in the same way as
   * typed answers.
   */
  readonly input: S;
  /**
   * Does the work. Its return value is sent to the model: a string as it is, `undefined` as an
   * empty string, anything else as JSON. If it throws, the error is reported to the model and the
   * call continues.
   */
  readonly run: (args: Args, ctx: ToolContext) => R | Promise<R>;
  /**
   * The time limit of one run, in milliseconds, above 0. Exceeding it is reported to the model.
   *
   * @default No limit
   */
  readonly timeout?: number;
}

/** A function that a model may call. Created by {@linkcode defineTool} or an agent's `asTool`. */
// deno-lint-ignore no-explicit-any
export interface Tool<Args = any, R = any> {
  /** The name. */
  readonly name: string;
  /** What the tool does and when to use it. */
  readonly description?: string;
  /** The JSON Schema of the arguments. */
  readonly parameters: JsonSchema;
  /** The time limit of one run, in milliseconds. */
  readonly timeout?: number;
  /** Does the work. The arguments are not checked here. */
  run(args: Args, ctx: ToolContext): R | Promise<R>;
}

/** A tool whose options are checked. */
export class DefinedTool implements Tool {
  readonly name: string;
  readonly description?: string;
  readonly parameters: JsonSchema;
  readonly timeout?: number;
  readonly run: ToolOptions["run"];
  readonly #input: PreparedInput;

  /** Creates a tool. The options must already be checked. */
  constructor(
    { name, description, timeout, run }: Omit<ToolOptions, "input">,
    input: PreparedInput,
  ) {
    this.name = name;
    this.description = description;
    this.timeout = timeout;
    this.run = run;
    this.parameters = input.jsonSchema();
    this.#input = input;
  }

  /** The description of the tool that is sent to the model. */
  get spec(): ToolSpec {
    const { name, description, parameters } = this;
    return { name, ...(description !== undefined && { description }), parameters };
  }

  /** Checks arguments against the schema. */
  check(args: unknown): ReturnType<PreparedInput["validate"]> {
    return this.#input.validate(args);
  }

  /** Reads arguments that do not match the schema, if there is exactly one way to read them. */
  fit(args: unknown): ReturnType<PreparedInput["fit"]> {
    return this.#input.fit(args);
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
 * Defines a tool that the model of an agent may call. It runs in this process, and holds no
 * permit while it does. Calls inside it belong to the call of the agent: its limits, budget and
 * signal hold.
 *
 * The arguments have the type of the schema: a Standard Schema, or a JSON Schema that is written
 * `as const`. With another JSON Schema, declare their type where `run` takes them.
 *
 * @throws {TypeError} If an option is missing, unknown or of the wrong type, or if the schema is
 * not that of an object.
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
 *   description: "Returns the current weather in a city.",
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
  const input = prepareInput(doing, "input", options.input);
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

/** Returns the tools, which must already be checked, or `undefined` if there are none. */
export function toolsOf(tools: readonly Tool[] | undefined): readonly DefinedTool[] | undefined {
  return tools === undefined || tools.length === 0
    ? undefined
    : [...tools] as unknown as readonly DefinedTool[];
}
