/** The tools that a model asks for, as the many servers of Chat Completions say it. */
import type { ToolRequest } from "../../model/message.ts";

/** A call, or a piece of one; servers leave out what they like. */
interface AnyCall {
  index?: number | null;
  id?: string | null;
  function?: { name?: string | null; arguments?: unknown } | null;
}

/** The calls of a whole answer; `undefined` if there are none. */
export function readToolCalls(calls: unknown): readonly ToolRequest[] | undefined {
  const builder = new ToolCallBuilder();
  if (Array.isArray(calls)) {
    // What stands in a list is whole, whatever its ids and numbers are.
    for (const call of calls) builder.add([{ ...call, index: undefined }], true);
  }
  return builder.calls();
}

interface Call {
  readonly index: number | undefined;
  readonly id: string;
  readonly name: string;
  args: string;
}

/** Puts the pieces of streamed calls together. */
export class ToolCallBuilder {
  readonly #calls: Call[] = [];

  /** Takes what a piece of an answer says; `whole` if each is a call of its own. */
  add(pieces: unknown, whole = false): void {
    if (!Array.isArray(pieces)) return;
    for (const piece of pieces as (AnyCall | null)[]) {
      const name = piece?.function?.name || undefined;
      const begun = whole ? undefined : this.#find(piece ?? {}, name);
      const args = textOf(piece?.function?.arguments);
      if (begun !== undefined) begun.args += args;
      // What has no name cannot be run: it is a tool of the server's own, or a piece of nothing.
      else if (name !== undefined) {
        const index = typeof piece?.index === "number" ? piece.index : undefined;
        this.#calls.push({ index, id: piece?.id || newId(), name, args });
      }
    }
  }

  /** The calls so far; `undefined` if there are none. */
  calls(): readonly ToolRequest[] | undefined {
    if (this.#calls.length === 0) return undefined;
    // Some servers say nothing where a tool takes nothing.
    return this.#calls.map(({ id, name, args }) => ({ id, name, args: args || "{}" }));
  }

  /** The call that a piece goes on with; `undefined` if a new one begins. */
  #find({ index, id }: AnyCall, name: string | undefined): Call | undefined {
    const begun = typeof index === "number"
      ? this.#calls.findLast((call) => call.index === index)
      : id
      ? this.#calls.findLast((call) => call.id === id)
      : name === undefined
      ? this.#calls.at(-1)
      : undefined;
    // Gemini gives all parallel calls the number 0: another id with a name is another call.
    return begun !== undefined && id && id !== begun.id && name !== undefined ? undefined : begun;
  }
}

/** Ollama's older versions and others give the arguments as an object. */
function textOf(args: unknown): string {
  if (typeof args === "string") return args;
  return args === undefined || args === null ? "" : JSON.stringify(args);
}

/** Some servers give no ids, but want to be told by one which call is answered. Mistral takes only 9 letters and digits. */
function newId(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(0, 9);
}
