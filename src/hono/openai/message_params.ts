/** Maps the text of a message to the parameters of an agent. */
import { parseExact } from "../../model/exact_json.ts";
import { isRecord } from "../../model/check_options.ts";
import type { PromptPart } from "../../call/options/prompt_parts.ts";
import type { ServedAgent } from "../served_agent.ts";
import { invalidField } from "./request_problem.ts";

/**
 * Maps a message to the agent's parameters. With one parameter, the text is its value, whatever it
 * looks like. Several parameters are a JSON object. Returns `undefined` if the message has no
 * parameters but can replace the agent's prompt.
 *
 * @param field The field of the request that holds the message, for problems.
 * @throws {Problem} If the message has no parameters and cannot replace a prompt.
 */
export function paramsFromMessage(
  agent: ServedAgent,
  message: string | readonly PromptPart[],
  field: string,
): unknown {
  const properties = (agent.paramsSchema()?.properties ?? {}) as Record<string, unknown>;
  const names = Object.keys(properties);
  const text = typeof message === "string" ? message : textOf(message);
  if (text !== undefined) {
    const [name] = names;
    if (names.length === 1) return toSingleParam(name!, properties[name!], text);
    const json = parseJson(text);
    if (isRecord(json) && names.some((name) => Object.hasOwn(json, name))) return json;
    if (names.length === 0 && !agent.callsModel) return isRecord(json) ? json : { input: text };
  }
  if (agent.callsModel) return undefined;
  throw invalidField(
    names.length > 1
      ? `the last message must be a JSON object with ${names.map((n) => `"${n}"`).join(", ")}`
      : "the last message must be text",
    field,
  );
}

/**
 * Returns the only parameter. If it cannot be text, the message is its JSON, or an object with its
 * name.
 */
function toSingleParam(name: string, schema: unknown, text: string): Record<string, unknown> {
  if (acceptsText(schema)) return { [name]: text };
  const json = parseJson(text);
  if (isRecord(json) && Object.hasOwn(json, name) && Object.keys(json).length === 1) return json;
  if (json === undefined) return { [name]: text };
  // The digits of a number are remembered with the object that contains it.
  return parseExact(`{${JSON.stringify(name)}:${text}}`) as Record<string, unknown>;
}

/** Whether a JSON Schema accepts texts, according to its type. */
function acceptsText(schema: unknown): boolean {
  if (!isRecord(schema)) return true;
  const { type, anyOf, oneOf, enum: values, const: value } = schema;
  const branches = anyOf ?? oneOf;
  if (type !== undefined) return [type].flat().includes("string");
  if (Array.isArray(branches)) return branches.some(acceptsText);
  if (Array.isArray(values)) return values.some((one) => typeof one === "string");
  if (value !== undefined) return typeof value === "string";
  return schema.properties === undefined && schema.items === undefined && schema.$ref === undefined;
}

function textOf(parts: readonly PromptPart[]): string | undefined {
  const texts = parts.map((part) => part.type === "text" ? part.text : undefined);
  return texts.includes(undefined) ? undefined : texts.join("\n");
}

function parseJson(text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    return undefined;
  }
}
