/** Reads the response format, the tool choice and the token limit of a request body. */
import { isRecord } from "../../model/check_options.ts";
import type { SimulatorRequest, SimulatorTool } from "./request_types.ts";

/** The form that an answer must have. */
export interface RequestedFormat {
  /** The type of the response format; `undefined` for text. */
  type: "json_schema" | "json_object" | undefined;
  /** The schema of a `json_schema`. */
  schema: unknown;
  /** Whether a tool must be called, which one, or that none may be called. */
  toolChoice: "required" | "none" | { name: string } | undefined;
  /** The maximum number of tokens in the answer. */
  maxTokens: number;
}

/** Reads the requested format from a Chat Completions or Responses body. */
export function readFormat(body: SimulatorRequest["body"]): RequestedFormat {
  const format = first(body.response_format, member(body.text, "format"));
  const type = member(format, "type");
  const choice = body.tool_choice;
  const name = first(member(member(choice, "function"), "name"), member(choice, "name"));
  const maxTokens = body.max_output_tokens ?? body.max_completion_tokens ?? body.max_tokens;
  return {
    type: type === "json_schema" || type === "json_object" ? type : undefined,
    schema: first(member(member(format, "json_schema"), "schema"), member(format, "schema")),
    toolChoice: choice === "required" || choice === "none"
      ? choice
      : typeof name === "string"
      ? { name }
      : undefined,
    maxTokens: Number(maxTokens ?? Infinity),
  };
}

/** Reads the tools: Chat Completions wraps each in a `function` object, Responses does not. */
export function readTools(body: SimulatorRequest["body"]): SimulatorTool[] {
  if (!Array.isArray(body.tools)) return [];
  return body.tools.map((tool) => tool?.function ?? tool)
    .filter((tool) => typeof member(tool, "name") === "string");
}

/** Finds a JSON Schema in the instructions, where clients put it for servers without formats. */
export function schemaInInstructions(instructions: string): unknown {
  const json = /JSON Schema\b[^{]*(\{[^]*\})/i.exec(instructions)?.[1];
  try {
    return json && JSON.parse(json);
  } catch {
    // The braces enclosed something else.
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

function first(...values: unknown[]): unknown {
  return values.find((value) => value !== undefined && value !== null);
}
