/**
 * Reads the usage of OpenAI-compatible responses. Servers share the basic names, and differ in the
 * names and places of everything else.
 */
import { isRecord } from "../../model/check_options.ts";
import type { Usage } from "../../model/usage.ts";
import { readCount } from "./read_count.ts";

/** The counts that servers name differently. */
interface Counts {
  cached: number;
  written: number;
  /** The same under Anthropic's names, which may be outside of the prompt. */
  anthropicCached: number;
  anthropicWritten: number;
  reasoning: number;
  /** Audio input, in seconds or tokens. */
  audio: number;
}

type CountNames = ReadonlyMap<string, keyof Counts>;

/** The names of counts of the input: those of OpenAI, Mistral, DeepSeek and Anthropic. */
const INPUT_NAMES: CountNames = new Map([
  ["cached_tokens", "cached"],
  ["num_cached_tokens", "cached"],
  ["prompt_cache_hit_tokens", "cached"],
  ["cache_write_tokens", "written"],
  ["cache_creation_tokens", "written"],
  ["cache_read_input_tokens", "anthropicCached"],
  ["cache_read_tokens", "anthropicCached"],
  ["cache_creation_input_tokens", "anthropicWritten"],
  ["prompt_audio_seconds", "audio"],
  ["prompt_audio_tokens", "audio"],
  ["audio_tokens", "audio"],
]);
const OUTPUT_NAMES: CountNames = new Map([
  ["reasoning_tokens", "reasoning"],
  ["thinking_tokens", "reasoning"],
]);
/** Servers may put the counts into the usage itself. */
const ALL_NAMES: CountNames = new Map([...INPUT_NAMES, ...OUTPUT_NAMES]);

/** The objects within a usage that hold such counts. */
const DETAILS: ReadonlyMap<string, CountNames> = new Map([
  ["prompt_tokens_details", INPUT_NAMES],
  ["input_tokens_details", INPUT_NAMES],
  ["prompt_token_details", INPUT_NAMES],
  ["input_token_details", INPUT_NAMES],
  ["completion_tokens_details", OUTPUT_NAMES],
  ["output_tokens_details", OUTPUT_NAMES],
]);

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

  const counts = readCounts(usage);
  const { anthropicCached, anthropicWritten, reasoning } = counts;
  const cached = Math.max(counts.cached, anthropicCached);
  const written = Math.max(counts.written, anthropicWritten);

  const listed = prompt + (completion ?? 0);
  const unlisted = Math.max(0, (total ?? 0) - listed);
  const cacheIsOutside = isCacheOutside({
    cached: anthropicCached + anthropicWritten,
    prompt,
    unlisted,
    // Anthropic's own API has no total.
    isNative: usage.prompt_tokens === undefined && total === undefined,
  });
  const inputTokens = prompt + (cacheIsOutside ? anthropicCached + anthropicWritten : 0);
  // Reasoning may be missing in the completion, as with xAI and Gemini: only the total has it.
  // Audio input may be missing in the prompt, as with Mistral: then the rest is not output.
  const isOutput = !cacheIsOutside && (counts.audio === 0 || unlisted === reasoning);
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
 * Reads how many of the tokens written to a cache are kept for an hour, which Anthropic charges
 * more for. They are in an object of their own: in the usage, or in the details of the input.
 */
export function readLongCacheWrites(usage: unknown): number | undefined {
  if (!isRecord(usage)) return undefined;
  const { prompt_tokens_details: details } = usage;
  const writes = usage.cache_creation ??
    (isRecord(details) ? details.cache_creation_token_details : undefined);
  return (isRecord(writes) ? readCount(writes.ephemeral_1h_input_tokens) : undefined) || undefined;
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

/**
 * Reads the counts in a usage and in its details. Of several, the highest one counts: a server may
 * report one number under two names, or 0 under a name that it does not use.
 */
function readCounts(usage: Record<string, unknown>): Counts {
  const counts: Counts = {
    cached: 0,
    written: 0,
    anthropicCached: 0,
    anthropicWritten: 0,
    reasoning: 0,
    audio: 0,
  };
  for (const name in usage) {
    const value = usage[name];
    const details = DETAILS.get(name);
    if (details === undefined) addCount(counts, ALL_NAMES.get(name), value);
    else if (isRecord(value)) {
      for (const inner in value) addCount(counts, details.get(inner), value[inner]);
    }
  }
  return counts;
}

function addCount(counts: Counts, name: keyof Counts | undefined, value: unknown): void {
  if (name === undefined) return;
  const count = readCount(value);
  if (count !== undefined && count > counts[name]) counts[name] = count;
}
