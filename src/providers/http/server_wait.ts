/** Finds how long a server that rejected a request for a limit asks to wait. */
import { isRecord } from "../../model/check_options.ts";
import type { HeaderReader } from "./header_reader.ts";
import { FAMILIES, type LimitNames, OPENAI, OTHERS, UNITLESS } from "./limit_names.ts";
import { readState } from "./rate_headers.ts";
import {
  MAX_RESET,
  MINUTE,
  parseHeaderDuration,
  parseHeaderNumber,
  parseReset,
  withUnit,
} from "./reset_time.ts";
import { readRetryAfter } from "./retry_after.ts";
import { findStatedWait } from "./stated_wait.ts";

/** A response that rejects a request for a limit. */
export interface Rejection {
  /** The headers, if there are any. */
  readonly headers: HeaderReader | undefined;
  /** The error object of the body, or the whole body. */
  readonly body: unknown;
  /** The current time, in milliseconds since 1970. */
  readonly now: number;
}

/**
 * Returns the wait that the server asks for, in milliseconds: in `Retry-After`; or else in the
 * body, as Google's `RetryInfo`, OpenRouter's copy of its headers, a field `retry_after`, or the
 * words of the message; or else until the limit that is used up resets.
 *
 * @returns `undefined` if the server does not say.
 */
export function readServerWait({ headers, body, now }: Rejection): number | undefined {
  const retryAfter = headers && readRetryAfter(headers, now);
  if (retryAfter !== undefined && retryAfter > 0) return retryAfter;
  const wait = readBodyWait(body, now) ?? (headers && readResetWait(headers, now));
  return wait !== undefined && wait > 0 && wait <= MAX_RESET ? Math.ceil(wait) : retryAfter;
}

/**
 * The maximum depth at which an error is found: gateways wrap the errors of the servers behind
 * them.
 */
const MAX_DEPTH = 8;

/** Reads the wait from an error object, or from one that it wraps. */
function readBodyWait(body: unknown, now: number, depth = 0): number | undefined {
  if (depth > MAX_DEPTH) return undefined;
  if (typeof body === "string") return readTextWait(body, now, depth);
  if (Array.isArray(body)) return readBodyWait(body[0], now, depth + 1);
  if (!isRecord(body)) return undefined;
  const stated = readRetryInfo(body.details) ?? readMetadata(body.metadata, now, depth) ??
    readSeconds(body.retry_after ?? body.retryAfter);
  if (stated !== undefined) return stated;
  for (const part of [body.error, body.errors, body.message, body.Message, body.detail]) {
    const wait = readBodyWait(part, now, depth + 1);
    if (wait !== undefined) return wait;
  }
}

/** Reads a text: words, or JSON that a server has wrapped in a text. */
function readTextWait(text: string, now: number, depth: number): number | undefined {
  if (!/^\s*[[{]/.test(text)) return findStatedWait(text);
  try {
    return readBodyWait(JSON.parse(text), now, depth + 1);
  } catch {
    return findStatedWait(text);
  }
}

/** Reads Google's `RetryInfo`: `{ "@type": "…RetryInfo", "retryDelay": "34.5s" }`. */
function readRetryInfo(details: unknown): number | undefined {
  if (!Array.isArray(details)) return undefined;
  for (const detail of details) {
    if (!isRecord(detail) || typeof detail.retryDelay !== "string") continue;
    const ms = parseHeaderDuration(detail.retryDelay);
    if (ms !== undefined) return ms;
  }
}

/** Reads OpenRouter's copy of the headers, and the error of the server behind it. */
function readMetadata(metadata: unknown, now: number, depth: number): number | undefined {
  if (!isRecord(metadata)) return undefined;
  const { headers, raw } = metadata;
  let copy: Headers | undefined;
  try {
    copy = isRecord(headers) ? new Headers(headers as Record<string, string>) : undefined;
  } catch {
    // The server may send any JSON here.
  }
  return (copy && (readRetryAfter(copy, now) || readResetWait(copy, now))) ??
    readSeconds(metadata.retry_after ?? metadata.retry_after_seconds) ??
    (typeof raw === "string" ? readTextWait(raw, now, depth + 1) : undefined);
}

function readSeconds(value: unknown): number | undefined {
  const seconds = typeof value === "string" ? parseHeaderNumber(value) : value;
  return typeof seconds === "number" && seconds > 0 && Number.isFinite(seconds)
    ? seconds * 1000
    : undefined;
}

/** The share of a limit on tokens below which it counts as used up. */
const USED_UP = 0.01;

/** Headers of Azure and GitHub Models with the wait in seconds. */
const WAITS = ["x-ratelimit-timeremaining", "x-rate-limit-reset-tokens"];

/** Returns the wait until the limits that are used up reset: the longest of them. */
function readResetWait(headers: HeaderReader, now: number): number | undefined {
  let longest: number | undefined;
  const add = (ms: number | undefined) => {
    if (ms !== undefined && ms > (longest ?? 0)) longest = ms;
  };
  for (const names of allRequests()) add(readLimitWait(headers, names, { now, share: 0 }));
  for (const names of allTokens()) add(readLimitWait(headers, names, { now, share: USED_UP }));
  if (longest === undefined) {
    for (const name of WAITS) add(readSeconds(headers.get(name)));
  }
  return longest;
}

function* allRequests(): Iterable<LimitNames> {
  yield OPENAI.requests;
  for (const { requests } of FAMILIES) yield* requests;
  yield* OTHERS;
  yield* UNITLESS;
}

function* allTokens(): Iterable<LimitNames> {
  yield OPENAI.tokens;
  for (const { tokens } of FAMILIES) yield* tokens;
}

/** Returns the wait until a limit resets, if at most a share of it remains. */
function readLimitWait(
  headers: HeaderReader,
  names: LimitNames,
  { now, share }: { readonly now: number; readonly share: number },
): number | undefined {
  if (!headers.has(names.reset)) return undefined;
  const state = readState(headers, names, now);
  if (state !== undefined) {
    const isUsedUp = state.remaining < 1 || state.remaining < share * state.limit;
    return isUsedUp ? state.resetMs : undefined;
  }
  const remaining = parseHeaderNumber(headers.get(names.remaining));
  if (remaining !== undefined && remaining >= 1) return undefined;
  const reset = parseReset(headers.get(names.reset), now);
  if (reset === undefined) return undefined;
  const clues = { usedShare: 1, periodMs: names.periodMs ?? MINUTE };
  return reset.ms ?? (names.inSeconds ? reset.number * 1000 : withUnit(reset.number, clues));
}
