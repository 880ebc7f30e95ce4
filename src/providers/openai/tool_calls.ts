/** Reads tool calls, in the variants of the many servers with a Chat Completions API. */
import type { ToolRequest } from "../../model/message.ts";
import {
  argumentsTooLong,
  MAX_ITEMS_PER_ANSWER,
  MAX_TOOL_ARGS,
  tooManyItems,
} from "../http/bounds/answer_limits.ts";
import { JsonEnd } from "./messages/json_end.ts";
import { pickEchoed } from "./messages/assistant_echo.ts";
import { mergeFields } from "./messages/merge_delta.ts";

/** A tool call, or a delta of one. Servers may omit any member. */
interface AnyCall {
  index?: number | null;
  id?: string | null;
  type?: string | null;
  function?: { name?: string | null; arguments?: unknown } | null;
}

interface Call {
  readonly index: number | undefined;
  /** The server's id, if it sent one. */
  readonly givenId: string | undefined;
  readonly id: string;
  /** The type, if it is not "function". Only functions can be run. */
  readonly otherType: string | undefined;
  /** Empty until the server sends it. */
  name: string;
  args: string;
  /** Whether the arguments are complete. */
  readonly end: JsonEnd;
  /** The fields that must be sent back. */
  echoed: Readonly<Record<string, unknown>> | undefined;
}

/** Collects tool calls: complete ones, and the deltas of a stream. */
export class ToolCallBuilder {
  readonly #calls: Call[] = [];
  /** The last call with an index, or with an id. */
  readonly #byIndex = new Map<number, Call>();
  readonly #byId = new Map<string, Call>();

  /**
   * Adds the deltas of an event. Each continues a call or starts a new one.
   *
   * @returns Whether any of them has content: an empty delta is no sign of life.
   */
  addDeltas(deltas: unknown): boolean {
    if (!Array.isArray(deltas)) return false;
    let isAlive = false;
    for (const delta of deltas as (AnyCall | null)[]) {
      const name = delta?.function?.name || "";
      const args = readArgs(delta);
      const call = this.#find(delta ?? {}, name);
      if (call === undefined) {
        const index = typeof delta?.index === "number" ? delta.index : undefined;
        isAlive = this.#start(delta, index, name, args) || isAlive;
        continue;
      }
      call.name ||= name;
      addArgs(call, args);
      const echoed = pickEchoed(delta);
      if (echoed !== undefined) call.echoed = mergeFields(call.echoed ?? {}, echoed);
      isAlive ||= name !== "" || args !== "" || call.otherType !== undefined;
    }
    return isAlive;
  }

  /** Adds complete calls, whatever their ids and indexes. */
  addCalls(calls: unknown): void {
    if (!Array.isArray(calls)) return;
    for (const call of calls as (AnyCall | null)[]) {
      this.#start(call, undefined, call?.function?.name || "", readArgs(call));
    }
  }

  /** Starts a call, unless the server sent nothing that belongs to one. */
  #start(call: AnyCall | null, index: number | undefined, name: string, args: string): boolean {
    const givenId = call?.id || undefined;
    const otherType = call?.type && call.type !== "function" && name === "" ? call.type : undefined;
    if (name === "" && args === "" && givenId === undefined && otherType === undefined) {
      return false;
    }
    if (this.#calls.length >= MAX_ITEMS_PER_ANSWER) throw tooManyItems("tool calls");
    const started: Call = {
      index,
      givenId,
      id: givenId ?? newId(),
      otherType,
      name,
      args: "",
      end: new JsonEnd(),
      echoed: pickEchoed(call),
    };
    addArgs(started, args);
    this.#calls.push(started);
    if (index !== undefined) this.#byIndex.set(index, started);
    if (givenId !== undefined) this.#byId.set(givenId, started);
    return true;
  }

  /** Returns the fields of each usable call that must be sent back with it, if there are any. */
  echoed(): readonly (Readonly<Record<string, unknown>> | undefined)[] {
    return this.#usable().map(({ echoed }) => echoed);
  }

  /** Whether there are no calls, usable or not. */
  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  /** Whether a call cannot be run: it has no name, or is not of a function. */
  get hasUnusable(): boolean {
    return this.#calls.some(({ name }) => name === "");
  }

  /** Whether the arguments of all calls have arrived. */
  get isComplete(): boolean {
    return this.#calls.every(({ args }) => args === "" || isJson(args));
  }

  /** Returns the calls that can be run, or `undefined` if there are none. */
  calls(): readonly ToolRequest[] | undefined {
    const usable = this.#usable();
    if (usable.length === 0) return undefined;
    // Some servers send no arguments for a tool without parameters.
    return usable.map(({ id, name, args }) => ({ id, name, args: args || "{}" }));
  }

  #usable(): readonly Call[] {
    return this.#calls.filter(({ name }) => name !== "");
  }

  /** Returns the call that a delta continues, or `undefined` if it starts a new one. */
  #find({ index, id }: AnyCall, name: string): Call | undefined {
    const call = typeof index === "number"
      ? this.#byIndex.get(index)
      : id
      ? this.#byId.get(id)
      : name === ""
      ? this.#calls.at(-1)
      : undefined;
    return call !== undefined && startsAnother(call, id || undefined, name) ? undefined : call;
  }
}

function addArgs(call: Call, args: string): void {
  if (call.args.length + args.length > MAX_TOOL_ARGS) throw argumentsTooLong();
  call.args += args;
  call.end.add(args);
}

/**
 * Whether a delta with the index of a call starts another one. Gemini and others send index 0 for
 * all parallel calls, some of them without ids.
 */
function startsAnother(call: Call, id: string | undefined, name: string): boolean {
  if (name === "" || call.name === "") return false;
  if (id !== undefined) return id !== call.id;
  return name !== call.name || (call.end.isReached && isJson(call.args));
}

function isJson(args: string): boolean {
  if (!args.trimEnd().endsWith("}")) return false;
  try {
    JSON.parse(args);
    return true;
  } catch {
    return false;
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
