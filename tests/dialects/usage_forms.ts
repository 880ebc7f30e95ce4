/**
 * What servers send as the usage of a request, and what it means. The counts are those of real
 * answers. To add a form, write down the `usage` of a response and the counts that are right.
 */
import type { ReportedCost } from "@shoal/agents";

/** A usage as a server of Chat Completions sends it. */
export interface UsageForm {
  /** The server, and what is special about it. */
  readonly name: string;
  /** The `usage` of the response. */
  readonly sent: Readonly<Record<string, unknown>>;
  /** Input, cached input, written to the cache, output, and output for reasoning. */
  readonly counts: readonly [
    input: number,
    cached: number,
    written: number,
    output: number,
    reasoning: number,
  ];
  /** The cost that the server reports. */
  readonly cost?: ReportedCost;
}

/** The forms of Chat Completions. */
export const USAGE_FORMS: readonly UsageForm[] = [
  {
    name: "OpenAI",
    sent: {
      prompt_tokens: 2_006,
      completion_tokens: 300,
      total_tokens: 2_306,
      prompt_tokens_details: { cached_tokens: 1_920, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 128, accepted_prediction_tokens: 0 },
    },
    counts: [2_006, 1_920, 0, 300, 128],
  },
  {
    name: "OpenAI, with writes to the cache",
    sent: {
      prompt_tokens: 2_006,
      completion_tokens: 300,
      total_tokens: 2_306,
      prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 1_792 },
    },
    counts: [2_006, 0, 1_792, 300, 0],
  },
  {
    name: "OpenAI, with audio in the prompt",
    sent: {
      prompt_tokens: 90,
      completion_tokens: 10,
      total_tokens: 100,
      prompt_tokens_details: { audio_tokens: 70, text_tokens: 20, cached_tokens: 0 },
    },
    counts: [90, 0, 0, 10, 0],
  },
  {
    name: "xAI: reasoning beside the completion",
    sent: {
      prompt_tokens: 12,
      completion_tokens: 2,
      total_tokens: 334,
      prompt_tokens_details: {
        text_tokens: 12,
        audio_tokens: 0,
        image_tokens: 0,
        cached_tokens: 4,
      },
      completion_tokens_details: { reasoning_tokens: 320 },
      num_sources_used: 0,
    },
    counts: [12, 4, 0, 322, 320],
  },
  {
    name: "xAI: reasoning beside the completion, and audio in the prompt",
    sent: {
      prompt_tokens: 12,
      completion_tokens: 2,
      total_tokens: 334,
      prompt_tokens_details: { audio_tokens: 7 },
      completion_tokens_details: { reasoning_tokens: 320 },
    },
    counts: [12, 0, 0, 322, 320],
  },
  {
    name: "xAI: the cost in ticks",
    sent: {
      prompt_tokens: 199,
      completion_tokens: 1,
      total_tokens: 200,
      cost_in_usd_ticks: 37_756_000,
    },
    counts: [199, 0, 0, 1, 0],
    cost: { total: 0.0037756 },
  },
  {
    name: "Gemini: reasoning in the total only",
    sent: { prompt_tokens: 35, completion_tokens: 12, total_tokens: 109 },
    counts: [35, 0, 0, 74, 0],
  },
  {
    name: "Gemini: reasoning and no completion",
    sent: { prompt_tokens: 35, total_tokens: 109 },
    counts: [35, 0, 0, 74, 0],
  },
  {
    name: "OpenRouter: more reasoning than completion",
    sent: {
      prompt_tokens: 43,
      completion_tokens: 10,
      total_tokens: 53,
      completion_tokens_details: { reasoning_tokens: 11 },
      cost: 0.000012,
    },
    counts: [43, 0, 0, 10, 10],
    cost: { total: 0.000012 },
  },
  {
    name: "OpenRouter: cost with its parts, and a fee for a search",
    sent: {
      prompt_tokens: 6_317,
      completion_tokens: 993,
      total_tokens: 7_310,
      cost: 0.0233744,
      is_byok: false,
      prompt_tokens_details: { cached_tokens: 128, cache_write_tokens: 6_000, video_tokens: 0 },
      cost_details: {
        upstream_inference_cost: 0.0183744,
        upstream_inference_prompt_cost: 0.0124164,
        upstream_inference_completions_cost: 0.005958,
      },
      completion_tokens_details: { reasoning_tokens: 494, image_tokens: 0 },
    },
    counts: [6_317, 128, 6_000, 993, 494],
    cost: { total: 0.0233744, input: 0.0174164, output: 0.005958 },
  },
  {
    name: "OpenRouter: the provider bills a key of the user's own",
    sent: {
      prompt_tokens: 194,
      completion_tokens: 2,
      total_tokens: 196,
      cost: 0.05,
      is_byok: true,
      cost_details: { upstream_inference_cost: 1 },
    },
    counts: [194, 0, 0, 2, 0],
    cost: { total: 1.05 },
  },
  {
    name: "OpenRouter: the same without the flag",
    sent: {
      prompt_tokens: 194,
      completion_tokens: 2,
      total_tokens: 196,
      cost: 0.95,
      cost_details: { upstream_inference_cost: 19 },
    },
    counts: [194, 0, 0, 2, 0],
    cost: { total: 19.95 },
  },
  {
    name: "OpenRouter: the provider's bill is unknown",
    sent: {
      prompt_tokens: 194,
      completion_tokens: 2,
      total_tokens: 196,
      cost: 0,
      is_byok: true,
      cost_details: { upstream_inference_cost: null },
    },
    counts: [194, 0, 0, 2, 0],
  },
  {
    name: "OpenRouter: a free model",
    sent: { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10, cost: 0, is_byok: false },
    counts: [5, 0, 0, 5, 0],
    cost: { total: 0 },
  },
  {
    name: "Perplexity: cost with a fee per request",
    sent: {
      prompt_tokens: 322,
      completion_tokens: 814,
      total_tokens: 1_136,
      search_context_size: "low",
      citation_tokens: null,
      reasoning_tokens: null,
      cost: {
        input_tokens_cost: 0.000966,
        output_tokens_cost: 0.01221,
        request_cost: 0.006,
        reasoning_tokens_cost: null,
        total_cost: 0.019176,
      },
    },
    counts: [322, 0, 0, 814, 0],
    cost: { total: 0.019176, input: 0.006966, output: 0.01221 },
  },
  {
    name: "Mistral: cached input at the top level",
    sent: {
      prompt_tokens: 1_100,
      completion_tokens: 20,
      total_tokens: 1_120,
      num_cached_tokens: 1_024,
      prompt_tokens_details: null,
    },
    counts: [1_100, 1_024, 0, 20, 0],
  },
  {
    name: "Mistral: audio beside the prompt",
    sent: {
      prompt_audio_seconds: 203,
      prompt_tokens: 4,
      completion_tokens: 635,
      total_tokens: 3_264,
    },
    counts: [4, 0, 0, 635, 0],
  },
  {
    name: "DeepSeek: hits and misses",
    sent: {
      prompt_tokens: 700,
      completion_tokens: 90,
      total_tokens: 790,
      prompt_cache_hit_tokens: 640,
      prompt_cache_miss_tokens: 60,
      completion_tokens_details: { reasoning_tokens: 40 },
    },
    counts: [700, 640, 0, 90, 40],
  },
  {
    name: "Moonshot: cached input at the top level",
    sent: { prompt_tokens: 80, completion_tokens: 5, total_tokens: 85, cached_tokens: 64 },
    counts: [80, 64, 0, 5, 0],
  },
  {
    name: "a gateway: reasoning at the top level",
    sent: { prompt_tokens: 8, completion_tokens: 50, total_tokens: 58, reasoning_tokens: 31 },
    counts: [8, 0, 0, 50, 31],
  },
  {
    name: "a gateway to Anthropic: the prompt includes the cache",
    sent: {
      prompt_tokens: 5_010,
      completion_tokens: 7,
      total_tokens: 5_017,
      cache_read_input_tokens: 1_000,
      cache_creation_input_tokens: 4_000,
      prompt_tokens_details: { cached_tokens: 1_000 },
    },
    counts: [5_010, 1_000, 4_000, 7, 0],
  },
  {
    name: "a gateway to Anthropic: the prompt excludes the cache, the total does not",
    sent: {
      prompt_tokens: 600,
      completion_tokens: 7,
      total_tokens: 1_107,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 400,
    },
    counts: [1_100, 100, 400, 7, 0],
  },
  {
    name: "a gateway to Anthropic: the prompt excludes the cache, and so does the total",
    sent: {
      prompt_tokens: 10,
      completion_tokens: 7,
      total_tokens: 17,
      cache_read_input_tokens: 1_000,
      cache_creation_input_tokens: 4_000,
    },
    counts: [5_010, 1_000, 4_000, 7, 0],
  },
  {
    name: "DeepInfra: an estimated cost",
    sent: {
      prompt_tokens: 15,
      completion_tokens: 16,
      total_tokens: 31,
      estimated_cost: 0.0000268,
    },
    counts: [15, 0, 0, 16, 0],
    cost: { total: 0.0000268 },
  },
  {
    name: "a gateway: more cached than there is",
    sent: {
      prompt_tokens: 10,
      completion_tokens: 1,
      total_tokens: 11,
      prompt_tokens_details: { cached_tokens: 25, cache_write_tokens: 3 },
    },
    counts: [10, 10, 0, 1, 0],
  },
  {
    name: "a gateway: invalid details are ignored",
    sent: {
      prompt_tokens: 10,
      completion_tokens: 4,
      total_tokens: null,
      prompt_tokens_details: { cached_tokens: -1, cache_write_tokens: null },
      completion_tokens_details: { reasoning_tokens: -3 },
      cost: -1,
    },
    counts: [10, 0, 0, 4, 0],
  },
];

/** Numbers that come as texts. The AI SDK rejects them. */
export const TEXT_FORM: UsageForm = {
  name: "a gateway: numbers as texts",
  sent: {
    prompt_tokens: "10",
    completion_tokens: "4",
    total_tokens: "30",
    prompt_tokens_details: [],
    completion_tokens_details: "none",
    cost: "0.25",
  },
  counts: [10, 0, 0, 20, 0],
  cost: { total: 0.25 },
};

const RESPONSES_NAMES: Readonly<Record<string, string>> = {
  prompt_tokens: "input_tokens",
  completion_tokens: "output_tokens",
  prompt_tokens_details: "input_tokens_details",
  completion_tokens_details: "output_tokens_details",
};

/** Returns a usage with the names of the Responses API. */
export function toResponsesUsage(sent: UsageForm["sent"]): UsageForm["sent"] {
  return Object.fromEntries(
    Object.entries(sent).map(([name, value]) => [RESPONSES_NAMES[name] ?? name, value]),
  );
}
