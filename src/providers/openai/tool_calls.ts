/** Reads tool calls, in the variants of the many servers with a Chat Completions API. */
import type { ToolRequest } from "../../model/message.ts";
import { pickEchoed } from "./messages/assistant_echo.ts";
import { mergeFields } from "./messages/merge_delta.ts";

/** A tool call, or a delta of one. Servers may omit any member. */
interface AnyCall {
  index?: number | null;
  id?: string | null;
  function?: { name?: string | null; arguments?: unknown } | null;
}

/** Reads the tool calls of a complete response. Returns `undefined` if there are none. */
export function readToolCalls(calls: unknown): readonly ToolRequest[] | undefined {
  return buildToolCalls(calls).calls();
}

/** Returns a builder with the tool calls of a complete response. */
export function buildToolCalls(calls: unknown): ToolCallBuilder {
  const builder = new ToolCallBuilder();
  if (Array.isArray(calls)) {
    for (const call of calls) builder.addCall(call);
  }
  return builder;
}

interface Call {
  readonly index: number | undefined;
  readonly id: string;
  readonly name: string;
  args: string;
  /** The fields that must be sent back. */
  echoed: Readonly<Record<string, unknown>> | undefined;
}

/** Assembles tool calls from the deltas of a stream. */
export class ToolCallBuilder {
  readonly #calls: Call[] = [];

  /** Adds the deltas of an event. Each continues a call or starts a new one. */
  addDeltas(deltas: unknown): void {
    if (!Array.isArray(deltas)) return;
    for (const delta of deltas as (AnyCall | null)[]) {
      const call = this.#find(delta ?? {});
      if (call !== undefined) {
        call.args += readArgs(delta);
        const echoed = pickEchoed(delta);
        if (echoed !== undefined) call.echoed = mergeFields(call.echoed ?? {}, echoed);
      } else this.#start(delta, typeof delta?.index === "number" ? delta.index : undefined);
    }
  }

  /** Adds a complete call, whatever its id and index. */
  addCall(call: AnyCall | null): void {
    this.#start(call, undefined);
  }

  #start(call: AnyCall | null, index: number | undefined): void {
    const name = call?.function?.name;
    // A call without a name cannot be run: it is a tool of the server's, or an empty delta.
    if (!name) return;
    this.#calls.push({
      index,
      id: call?.id || newId(),
      name,
      args: readArgs(call),
      echoed: pickEchoed(call),
    });
  }

  /** Returns the fields of each call that must be sent back with it, if there are any. */
  echoed(): readonly (Readonly<Record<string, unknown>> | undefined)[] {
    return this.#calls.map(({ echoed }) => echoed);
  }

  /** Returns all calls, or `undefined` if there are none. */
  calls(): readonly ToolRequest[] | undefined {
    if (this.#calls.length === 0) return undefined;
    // Some servers send no arguments for a tool without parameters.
    return this.#calls.map(({ id, name, args }) => ({ id, name, args: args || "{}" }));
  }

  /** Returns the call that a delta continues, or `undefined` if it starts a new one. */
  #find({ index, id, function: fn }: AnyCall): Call | undefined {
    const name = fn?.name || undefined;
    const call = typeof index === "number"
      ? this.#calls.findLast((call) => call.index === index)
      : id
      ? this.#calls.findLast((call) => call.id === id)
      : name === undefined
      ? this.#calls.at(-1)
      : undefined;
    // Gemini sends index 0 for all parallel calls: a name with another id starts a new call.
    return call !== undefined && id && id !== call.id && name !== undefined ? undefined : call;
  }
}

/** Reads the arguments as a string. Older versions of Ollama and others send an object. */
function readArgs(call: AnyCall | null): string {
  const args = call?.function?.arguments;
  if (typeof args === "string") return args;
  return args === undefined || args === null ? "" : JSON.stringify(args);
}

/**
 * Generates an id: some servers send none, but require one with the tool result. Mistral accepts
 * only 9 letters and digits.
 */
function newId(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(0, 9);
}
