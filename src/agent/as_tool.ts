/** Agents and workflows as tools: the model of one asks for another. */
import { checkOptions, positiveMs, type Rules, text } from "../model/check_options.ts";
import type { JsonSchema } from "../model/message.ts";
import type { Callable, ContentOf, ParamsOf } from "../call/options/callable.ts";
import { DefinedTool, type Tool, toolName } from "../call/options/tool.ts";

/** How an agent or a workflow is offered to a model. */
export interface AsToolOptions {
  /**
   * The tool's name.
   *
   * @default The agent's name, with `_` for what no tool may have in its name
   */
  readonly name?: string;
  /**
   * What it does, and when to use it: the model reads this.
   *
   * @default The agent's description
   */
  readonly description?: string;
  /** The time one call may take, in milliseconds; after it the model is told so. */
  readonly timeout?: number;
}

const RULES: Rules = { name: toolName, description: text, timeout: positiveMs };

/**
 * Makes a tool of it. It is called where the tool runs, so within the scope, the limits, the budget and the signal of the call that
 * it runs for, and is counted there.
 *
 * @throws {TypeError} If an option is wrong, or if it does not know what its parameters are.
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
      `Cannot ${doing} as its parameters are not known: describe them by \`params\`, a schema`,
    );
  }
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
    // The call checks its parameters itself.
    validate: (value) => Promise.resolve({ ok: true, value }),
  }) as Tool;
}

/** The JSON Schema of parameters that are put into a template: texts, as far as a model is concerned. */
export function templateSchema(names: readonly string[]): JsonSchema {
  return {
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])),
    required: names,
    additionalProperties: false,
  };
}

/** The JSON Schema of parameters that go to several agents; `undefined` if one of them does not know its own. */
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
