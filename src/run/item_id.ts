/**
 * Computes the ids of journal items. Identical requests have the same id, in any order and in any
 * process.
 */
import { createHash } from "node:crypto";
import type { AgentCall, Callable } from "../call/options/callable.ts";
import { configuration } from "../call/options/config.ts";
import { requestFingerprint } from "../agent/request_fingerprint.ts";
import { type CallOptions, settingsOf } from "../call/options/options.ts";
import { refuse } from "../model/check_options.ts";
import { canonicalJson } from "../model/canonical_json.ts";

/**
 * Part of every id. Journals outlive a release: a change of how ids are computed must increment it.
 */
const FORMAT = 1;

/** The key that the caller gave an item, if any. */
type Key = string | undefined;

/** Computes the ids of the items of a run. */
export class ItemIds {
  readonly #version: string | undefined;
  readonly #agents = new Map<Callable, string>();

  /** @param version The `version` option of the run, which is part of every id. */
  constructor(version: string | undefined) {
    this.#version = version;
  }

  /**
   * Returns the id of a call: a hash of the agent's name and definition, the parameters, the key
   * and the settings of the call.
   *
   * @throws {TypeError} If the parameters are not plain data and the call has no key.
   */
  forCall([agent, params, options]: AgentCall, index: number): string {
    let prefix = this.#agents.get(agent);
    if (prefix === undefined) {
      prefix = JSON.stringify([
        FORMAT,
        this.#version ?? null,
        agent.name,
        requestFingerprint(agent),
      ]);
      this.#agents.set(agent, prefix);
    }
    const ownModel = (agent as { readonly model?: string }).model;
    const model = options?.model ?? ownModel ?? configuration().model;
    const settings = options === undefined ? undefined : settingsOfCall(options);
    return hashItem(
      prefix,
      [model ?? null, settings ?? null],
      params,
      options?.key,
      `call ${index}`,
    );
  }

  /**
   * Returns the id of an item of `each`: a hash of its key, or of the item if it has no key.
   *
   * @throws {TypeError} If the item is not plain data and has no key.
   */
  forItem(item: unknown, key: Key, index: number): string {
    const prefix = JSON.stringify([FORMAT, this.#version ?? null, "each"]);
    return key === undefined
      ? hashItem(prefix, [], item, undefined, `item ${index}`)
      : hashItem(prefix, [], null, key, `item ${index}`);
  }
}

function hashItem(
  prefix: string,
  more: unknown[],
  params: unknown,
  key: Key,
  name: string,
): string {
  const text = canonicalText([...more, params, key ?? null]) ??
    (key === undefined ? undefined : canonicalText([...more, null, key]));
  if (text === undefined) {
    refuse(
      `record ${name} in the journal`,
      "its input",
      "plain data, unless it has a `key`",
      params,
    );
  }
  return createHash("sha256").update(prefix).update(text).digest("hex").slice(0, 32);
}

function canonicalText(value: unknown): string | undefined {
  try {
    return JSON.stringify(canonicalJson(value, replaceNonJson));
  } catch {
    return undefined;
  }
}

/** Returns the options of a call that change its request, or `undefined` if there are none. */
function settingsOfCall(options: CallOptions): unknown {
  const { messages, maxSteps, onMaxSteps, maxToolCalls } = options;
  const settings = settingsOf({}, options);
  // Added later: an absent one must not change the ids of older journals.
  const more = {
    ...(onMaxSteps !== undefined && { onMaxSteps }),
    ...(maxToolCalls !== undefined && { maxToolCalls }),
  };
  const isEmpty = messages === undefined && maxSteps === undefined &&
    Object.keys(settings).length + Object.keys(more).length === 0;
  return isEmpty ? undefined : { messages, maxSteps, ...more, settings };
}

/** Replaces a value that JSON cannot represent by a marked object that no plain data equals. */
function replaceNonJson(value: unknown, inside: (value: unknown) => unknown): unknown {
  const mark = (type: string, content: unknown) => ({ [`\0${type}`]: content });
  if (typeof value === "bigint" || typeof value === "number" || value === undefined) {
    return mark(typeof value, String(value));
  }
  if (typeof value !== "object" || value === null) {
    throw new TypeError("A function or symbol has no content");
  }
  if (value instanceof ArrayBuffer) return mark("bytes", digest(new Uint8Array(value)));
  if (ArrayBuffer.isView(value)) {
    return mark("bytes", digest(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)));
  }
  if (value instanceof Map) return mark("map", inside([...value]));
  if (value instanceof Set) return mark("set", inside([...value]));
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return mark("json", inside(toJSON.call(value, "")));
  const members = { ...value };
  if (Object.keys(members).length === 0) throw new TypeError("The object has no visible members");
  return inside(members);
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64");
}
