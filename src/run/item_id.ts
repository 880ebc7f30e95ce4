/**
 * Who an item of a journal is: the same whenever the same is asked, in any order and any process.
 */
import { createHash } from "node:crypto";
import type { AgentCall, Callable } from "../call/options/callable.ts";
import { configuration } from "../call/options/config.ts";
import { requestFingerprint } from "../agent/request_fingerprint.ts";
import { type CallOptions, settingsOf } from "../call/options/options.ts";
import { refuse } from "../model/check_options.ts";
import { canonicalJson } from "../model/canonical_json.ts";

/**
 * The version of item ids, part of every id. Journals outlive releases: increment it when the
 * meaning of an id changes.
 */
const FORMAT = 1;

/** What names an item, if the caller says. */
type Key = string | undefined;

/** Names the items of a run. */
export class Identities {
  readonly #version: string | undefined;
  readonly #agents = new Map<Callable, string>();

  /** For a run of this version. */
  constructor(version: string | undefined) {
    this.#version = version;
  }

  /**
   * Returns the id of a call: its agent with the definition, its parameters or key, and the options
   * of the call that shape the request.
   *
   * @throws {TypeError} If its parameters are not plain data and it has no key.
   */
  ofCall([agent, params, options]: AgentCall, index: number): string {
    let who = this.#agents.get(agent);
    if (who === undefined) {
      who = JSON.stringify([FORMAT, this.#version ?? null, agent.name, requestFingerprint(agent)]);
      this.#agents.set(agent, who);
    }
    const named = (agent as { readonly model?: string }).model;
    const model = options?.model ?? named ?? configuration().model;
    const own = options === undefined ? undefined : settingsOfCall(options);
    return idOf(who, [model ?? null, own ?? null], params, options?.key, `call ${index}`);
  }

  /**
   * Returns the id of an item of `each`: the item itself, or its key.
   *
   * @throws {TypeError} If the item is not plain data and has no key.
   */
  ofItem(item: unknown, key: Key, index: number): string {
    const who = JSON.stringify([FORMAT, this.#version ?? null, "each"]);
    return key === undefined
      ? idOf(who, [], item, undefined, `item ${index}`)
      : idOf(who, [], null, key, `item ${index}`);
  }
}

function idOf(who: string, more: unknown[], params: unknown, key: Key, name: string): string {
  const text = textOf([...more, params, key ?? null]) ??
    (key === undefined ? undefined : textOf([...more, null, key]));
  if (text === undefined) {
    refuse(`record ${name} in the journal`, "what goes in", "plain data, or have a `key`", params);
  }
  return createHash("sha256").update(who).update(text).digest("hex").slice(0, 32);
}

function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(canonicalJson(value, marked));
  } catch {
    return undefined;
  }
}

/** What a call asks otherwise than its agent does. */
function settingsOfCall(options: CallOptions): unknown {
  const { messages, maxSteps } = options;
  const settings = settingsOf({}, options);
  const isEmpty = messages === undefined && maxSteps === undefined &&
    Object.keys(settings).length === 0;
  return isEmpty ? undefined : { messages, maxSteps, settings };
}

/** What JSON cannot say, with a mark that no plain data has. */
function marked(value: unknown, inside: (value: unknown) => unknown): unknown {
  const mark = (what: string, text: unknown) => ({ [`\0${what}`]: text });
  if (typeof value === "bigint" || typeof value === "number" || value === undefined) {
    return mark(typeof value, String(value));
  }
  if (typeof value !== "object" || value === null) throw new TypeError("Nobody knows what it does");
  if (value instanceof ArrayBuffer) return mark("bytes", digest(new Uint8Array(value)));
  if (ArrayBuffer.isView(value)) {
    return mark("bytes", digest(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)));
  }
  if (value instanceof Map) return mark("map", inside([...value]));
  if (value instanceof Set) return mark("set", inside([...value]));
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return mark("json", inside(toJSON.call(value, "")));
  const members = { ...value };
  if (Object.keys(members).length === 0) throw new TypeError("It keeps what it is to itself");
  return inside(members);
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64");
}
