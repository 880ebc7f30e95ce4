/** Agents and workflows as tools for the models of other agents. */
import { checkOptions, positiveMs, type RulesFor, text } from "../model/check_options.ts";
import type { JsonSchema } from "../model/message.ts";
import type { Callable, ContentOf, ParamsOf } from "../call/options/callable.ts";
import { createValidator } from "../output/create_validator.ts";
import { fitInput } from "../output/prepare_input.ts";
import type { Validator } from "../output/validator.ts";
import { DefinedTool, type Tool, toolName } from "../call/options/tool.ts";

/** Options of `asTool`. */
export interface AsToolOptions {
  /**
   * The name of the tool: at most 64 letters, digits, `_` and `-`.
   *
   * @default The name of the agent, with `_` in place of characters that are not allowed
   */
  readonly name?: string;
  /**
   * What the tool does and when to use it, for the model.
   *
   * @default The description of the agent
   */
  readonly description?: string;
  /**
   * The time limit of one call, in milliseconds, above 0. Exceeding it is reported to the model.
   *
   * @default No limit
   */
  readonly timeout?: number;
}

const RULES: RulesFor<AsToolOptions> = { name: toolName, description: text, timeout: positiveMs };

/**
 * Creates a tool from an agent or a workflow. Its calls run within the call that uses the tool: the
 * scope, limits, budget and signal of that call hold, and usage counts there.
 *
 * @throws {TypeError} If an option is invalid, or if the schema of the parameters is unknown.
 */
export function asTool<A extends Callable>(
  callable: A,
  options: AsToolOptions = {},
): Tool<ParamsOf<A>, ContentOf<A>> {
  const doing = `make a tool of "${callable.name}"`;
  checkOptions(doing, options, RULES);
  const json = callable.paramsSchema?.();
  if (json === undefined) {
    throw new TypeError(
      `Cannot ${doing} as its parameters are unknown: pass a schema of them as \`params\``,
    );
  }
  let validate: Validator | undefined;
  return new DefinedTool({
    name: options.name ?? callable.name.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 64),
    description: options.description ?? callable.description,
    timeout: options.timeout,
    async run(args) {
      const result = await callable.settle(args as ParamsOf<A>);
      if (!result.ok) throw result.error;
      return result.content;
    },
  }, {
    jsonSchema: () => json,
    // The call itself checks the parameters.
    async validate(value) {
      validate ??= validatorOf(doing, json);
      if ((await validate(value)).ok) return { ok: true, value };
      return await fitInput(value, validate, json) ?? { ok: true, value };
    },
    fit: () => Promise.resolve(undefined),
  }) as Tool;
}

function validatorOf(doing: string, schema: JsonSchema): Validator {
  try {
    return createValidator(doing, "params", schema);
  } catch {
    // Merged schemas may have references that cannot be resolved.
    return (value) => Promise.resolve({ ok: true, value });
  }
}

/** Returns the JSON Schema of a template's parameters. All are strings, as a model writes them. */
export function templateSchema(names: readonly string[]): JsonSchema {
  return {
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])),
    required: names,
    additionalProperties: false,
  };
}

/**
 * Merges the JSON Schemas of agents that receive the same parameters. Returns `undefined` if one of
 * them is unknown.
 */
export function mergedSchema(
  schemas: readonly (JsonSchema | undefined)[],
): JsonSchema | undefined {
  const merged = { properties: {}, $defs: {} };
  const required = new Set<string>();
  for (const schema of schemas) {
    if (schema === undefined) return undefined;
    Object.assign(merged.properties, schema.properties);
    Object.assign(merged.$defs, schema.$defs);
    for (const name of schema.required as readonly string[] | undefined ?? []) required.add(name);
  }
  const { properties, $defs } = merged;
  return {
    type: "object",
    properties,
    required: [...required],
    additionalProperties: false,
    ...(Object.keys($defs).length > 0 && { $defs }),
  };
}
