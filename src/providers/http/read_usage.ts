/**
 * Reads the usage of OpenAI-compatible responses. Servers share the basic names, and differ in the
 * names and places of everything else.
 */
import { isRecord } from "../../model/check_options.ts";
import type { Usage } from "../../model/usage.ts";

/** The objects within a usage that hold details of its input. */
const INPUT_DETAILS = [
  "prompt_tokens_details",
  "input_tokens_details",
  "prompt_token_details",
  "input_token_details",
];
const OUTPUT_DETAILS = ["completion_tokens_details", "output_tokens_details"];

/** The names of input read from a cache, in a usage or its details: OpenAI, Mistral, DeepSeek. */
const CACHED_NAMES = ["cached_tokens", "num_cached_tokens", "prompt_cache_hit_tokens"];
/** The names of input written to a cache. */
const WRITTEN_NAMES = ["cache_write_tokens", "cache_creation_tokens"];
/** Anthropic's names. Servers of Anthropic's models use them beside those of OpenAI. */
const ANTHROPIC_CACHED_NAMES = ["cache_read_input_tokens", "cache_read_tokens"];
const ANTHROPIC_WRITTEN_NAMES = ["cache_creation_input_tokens"];
const REASONING_NAMES = ["reasoning_tokens", "thinking_tokens"];
/** The names of audio input. */
const AUDIO_NAMES = ["prompt_audio_seconds", "audio_tokens", "prompt_audio_tokens"];

/**
 * Reads the usage of Chat Completions or of the Responses API.
 *
 * @returns `undefined` if the server does not report the input tokens: there is then no price.
 */
export function readUsage(usage: unknown): Usage | undefined {
  if (!isRecord(usage)) return undefined;
  const total = readCount(usage.total_tokens);
  const completion = readCount(usage.completion_tokens) ?? readCount(usage.output_tokens);
  const prompt = readCount(usage.prompt_tokens) ?? readCount(usage.input_tokens) ??
    // Some servers report the total and one of its parts.
    (completion !== undefined && total !== undefined && total >= completion
      ? total - completion
      : undefined);
  if (prompt === undefined) return undefined;

  const input = placesOf(usage, INPUT_DETAILS);
  const native = {
    cached: findCount(input, ANTHROPIC_CACHED_NAMES),
    written: findCount(input, ANTHROPIC_WRITTEN_NAMES),
  };
  const cached = Math.max(findCount(input, CACHED_NAMES), native.cached);
  const written = Math.max(findCount(input, WRITTEN_NAMES), native.written);
  const reasoning = findCount(placesOf(usage, OUTPUT_DETAILS), REASONING_NAMES);

  const listed = prompt + (completion ?? 0);
  const unlisted = Math.max(0, (total ?? 0) - listed);
  const cacheIsOutside = isCacheOutside({
    cached: native.cached + native.written,
    prompt,
    unlisted,
    // Anthropic's own API has no total.
    isNative: usage.prompt_tokens === undefined && total === undefined,
  });
  const inputTokens = prompt + (cacheIsOutside ? native.cached + native.written : 0);
  // Thoughts may be missing in the completion, as with xAI and Gemini: only the total has them.
  // Audio input may be missing in the prompt, as with Mistral: then the rest is not output.
  const isOutput = !cacheIsOutside &&
    (findCount(input, AUDIO_NAMES) === 0 || unlisted === reasoning);
  const outputTokens = (completion ?? 0) + (isOutput ? unlisted : 0);

  const cachedInputTokens = Math.min(cached, inputTokens);
  return {
    inputTokens,
    cachedInputTokens,
    cacheWriteTokens: Math.min(written, inputTokens - cachedInputTokens),
    outputTokens,
    // Some servers count reasoning with another tokenizer, so that it exceeds the completion.
    reasoningTokens: Math.min(reasoning, outputTokens),
    totalTokens: inputTokens + outputTokens,
  };
}

/**
 * Whether the prompt excludes the tokens that Anthropic's names count. Anthropic's own API excludes
 * them. Compatible endpoints include them, as OpenAI does, unless their numbers show otherwise.
 */
function isCacheOutside(
  { cached, prompt, unlisted, isNative }: {
    readonly cached: number;
    readonly prompt: number;
    readonly unlisted: number;
    readonly isNative: boolean;
  },
): boolean {
  return cached > 0 && (isNative || cached > prompt || cached === unlisted);
}

/** Returns the usage and its details. */
function placesOf(
  usage: Record<string, unknown>,
  details: readonly string[],
): readonly Record<string, unknown>[] {
  return [usage, ...details.map((name) => usage[name]).filter(isRecord)];
}

/**
 * Returns the highest count with one of these names. A server may report one number under two
 * names, or 0 under a name that it does not use.
 */
function findCount(
  places: readonly Record<string, unknown>[],
  names: readonly string[],
): number {
  let count = 0;
  for (const place of places) {
    for (const name of names) count = Math.max(count, readCount(place[name]) ?? 0);
  }
  return count;
}

/** Reads a number of 0 or more, which may be a string. Anything else is missing. */
export function readCount(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number >= 0 ? number : undefined;
}
