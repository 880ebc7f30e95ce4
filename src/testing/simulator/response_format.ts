/**
 * What a request asks for beside its messages.
 */
import { isRecord } from "../../model/check_options.ts";
import type { SimulatorRequest, SimulatorTool } from "./request_types.ts";

/** The form that the answer must have. */
export interface Wants {
  /** The type of the response format; `undefined` for text. */
  format: "json_schema" | "json_object" | undefined;
  /** The schema of a `json_schema`. */
  schema: unknown;
  /** Must a tool be called, or must none be? */
  tool: "required" | "none" | { name: string } | undefined;
  /** The most tokens that the answer may have. */
  most: number;
}

/** Reads a body in the words of Chat Completions or of Responses. */
export function wantsOf(body: SimulatorRequest["body"]): Wants {
  const format = first(body.response_format, member(body.text, "format"));
  const type = member(format, "type");
  const choice = body.tool_choice;
  const name = first(member(member(choice, "function"), "name"), member(choice, "name"));
  const most = body.max_output_tokens ?? body.max_completion_tokens ?? body.max_tokens;
  return {
    format: type === "json_schema" || type === "json_object" ? type : undefined,
    schema: first(member(member(format, "json_schema"), "schema"), member(format, "schema")),
    tool: choice === "required" || choice === "none"
      ? choice
      : typeof name === "string"
      ? { name }
      : undefined,
    most: Number(most ?? Infinity),
  };
}

/** The tools of a body: in Chat Completions they stand in a `function`, in Responses they do not. */
export function toolsOf(body: SimulatorRequest["body"]): SimulatorTool[] {
  if (!Array.isArray(body.tools)) return [];
  return body.tools.map((tool) => tool?.function ?? tool)
    .filter((tool) => typeof member(tool, "name") === "string");
}

/** A schema that is told in words, for clients that do not trust the server to know response formats. */
export function toldSchema(instruction: string): unknown {
  const json = /JSON Schema\b[^{]*(\{[^]*\})/i.exec(instruction)?.[1];
  try {
    return json && JSON.parse(json);
  } catch {
    // Then it was something else in braces.
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

function first(...values: unknown[]): unknown {
  return values.find((value) => value !== undefined && value !== null);
}
