/** Hashes of calls: equal for equal calls, in every process. */
import { createHash } from "node:crypto";
import type { Callable } from "../call/options/callable.ts";
import { configuration } from "../call/options/config.ts";
import { type CallOptions, settingsOf } from "../call/options/options.ts";
import { canonicalJson } from "../model/canonical_json.ts";
import { conversationFingerprint, requestFingerprint } from "./request_fingerprint.ts";

/**
 * Returns 32 hexadecimal digits for a prefix and some values, or `undefined` if the values are not
 * plain data.
 */
export function hashValues(prefix: string, values: readonly unknown[]): string | undefined {
  const text = canonicalText(values);
  if (text === undefined) return undefined;
  return createHash("sha256").update(prefix).update(text).digest("hex").slice(0, 32);
}

/** Returns the model of a call, and the options that change its request. */
export function callSettings(
  agent: Callable,
  options: CallOptions | undefined,
): readonly [model: unknown, settings: unknown] {
  const ownModel = (agent as { readonly model?: string }).model;
  const model = options?.model ?? ownModel ?? configuration().model;
  const settings = options === undefined ? undefined : settingsOfCall(options);
  return [model ?? null, settings ?? null];
}

/**
 * Returns 32 hexadecimal digits that identify a call by its agent's definition, its parameters and
 * its options, or `undefined` if the parameters are not plain data.
 */
export function callHash(
  agent: Callable,
  params: unknown,
  options: CallOptions,
): string | undefined {
  const prefix = JSON.stringify([agent.name, requestFingerprint(agent)]);
  return hashValues(prefix, [...callSettings(agent, options), params]);
}

/**
 * Returns such digits for the conversation of a call with tools. Options that only limit its rounds
 * do not count: a call with a higher `maxSteps` goes on with the same conversation.
 */
export function conversationHash(
  agent: Callable,
  params: unknown,
  options: CallOptions,
): string | undefined {
  const { maxSteps: _, onMaxSteps: __, maxToolCalls: ___, ...others } = options;
  const prefix = JSON.stringify([agent.name, conversationFingerprint(agent)]);
  return hashValues(prefix, [...callSettings(agent, others), params]);
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

/** Replaces a value that JSON cannot represent with a marked object that equals no plain data. */
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
