import {
  abortSignal,
  anything,
  callback,
  finite,
  flag,
  oneOf,
  positiveInteger,
  record,
  refuse,
  type Rule,
  type Rules,
  text,
} from "../../model/check_options.ts";
import { cache, type CacheOptions } from "../../cache/cache_options.ts";
import { budget, type BudgetOptions } from "../../model/budget.ts";
import { type LimitOptions, limits } from "../../model/limits.ts";
import type { ModelSettings } from "../../model/message.ts";
import { type Provider, provider } from "../../model/provider.ts";
import { retries, type RetryOptions } from "../../resilience/backoff.ts";
import { circuitBreaker, type CircuitBreakerOptions } from "../../resilience/circuit_breaker.ts";
import { fallbackModels } from "../../resilience/fallback.ts";
import { hedge, type HedgeOptions } from "../../resilience/hedge_options.ts";
import { timeout, type TimeoutOptions } from "../../resilience/timeout.ts";
import { type Hooks, hooks } from "./hooks.ts";
import { messagesProblem, type PromptMessage } from "./prompt_parts.ts";
import { repair, type RepairOptions } from "./repair.ts";
import { type Tool, tools } from "./tool.ts";

/** What both an agent and a single call of it may set: the call wins over the agent, the agent over `configure`. */
export interface SharedOptions extends ModelSettings {
  /** The model to ask. */
  readonly model?: string;
  /** Time limits in milliseconds; a number is the limit of each attempt. */
  readonly timeout?: number | TimeoutOptions;
  /** How often, and when, a failed attempt is repeated; 0 sends exactly one request. */
  readonly retries?: number | RetryOptions;
  /** Models to ask, one after another, when the first has failed for good. Each gets its own retries. */
  readonly fallbackModels?: readonly (string | FallbackModel)[];
  /** Leaves a model alone for a while that keeps failing. Shared by all calls to it in the process. */
  readonly circuitBreaker?: CircuitBreakerOptions;
  /**
   * Sends a second request when the answer to the first is late, takes the first answer and aborts the other request. Both are
   * counted, and never more is sent than limits and budget allow.
   */
  readonly hedge?: HedgeOptions;
  /**
   * Keeps answers and gives them out again: what was asked in just the same way is not asked twice, and costs nothing. `false` turns off what
   * the agent or `configure` says.
   */
  readonly cache?: CacheOptions | false;
  /**
   * Makes one request of identical calls in flight; all of them get what comes of it.
   *
   * @default {true} with a `cache`, else `false`
   */
  readonly coalesce?: boolean;
  /**
   * How often an answer that does not fit its `output` schema is shown to the model with what is wrong, and asked for again. `0` fails
   * at once.
   *
   * @default {{ max: 1 }}
   */
  readonly repair?: number | RepairOptions;
  /**
   * How many answers of the model there may be in one call with `tools`. If the last one asks for tools as well, the call fails with the
   * code `tool`.
   *
   * @default {10}
   */
  readonly maxSteps?: number;
  /**
   * How many tools of one answer run at the same time.
   *
   * @default {5}
   */
  readonly toolConcurrency?: number;
}

/** A model to fall back to; what is not said is as for the first model. */
export interface FallbackModel extends ModelSettings {
  /** The model. */
  readonly model: string;
  /** Who answers for it. */
  readonly provider?: Provider;
  /** Its own retries. */
  readonly retries?: number | RetryOptions;
  /** Its time limits in milliseconds; `total` stays that of the call. */
  readonly timeout?: number | TimeoutOptions;
}

/** What any kind of agent has. */
export interface AgentBase {
  /** The name, as it stands in results and errors. */
  readonly name: string;
  /** What the agent is for, in a sentence. */
  readonly description?: string;
  /** Code of yours around each call of this agent. */
  readonly hooks?: Hooks;
}

/** An agent that asks a model, without its prompt. */
export interface ModelAgentOptions extends AgentBase, SharedOptions {
  /** Who answers. */
  readonly provider?: Provider;
  /** The system message, word for word. */
  readonly system?: string;
  /** How much all calls of this agent together may do, at a time and in a minute. */
  readonly limits?: LimitOptions;
  /** What the model may ask for: made by `defineTool`, or of other agents by their `asTool`. */
  readonly tools?: readonly Tool[];
}

/** What {@linkcode Agent.with} may change. */
export type AgentOverrides = Partial<ModelAgentOptions>;

/** What a single call may set. */
export interface CallOptions extends SharedOptions {
  /** Aborts this call. */
  readonly signal?: AbortSignal;
  /** The conversation so far: it stands between the system message and the prompt. */
  readonly messages?: readonly PromptMessage[];
  /** Told each piece of the answer as it comes, and waited for; asks the provider to stream. */
  readonly onDelta?: (text: string) => void | Promise<void>;
  /**
   * Who goes first where attempts wait for a limit: the higher number. Above 0, what the limit keeps in `reserve` is open too.
   *
   * @default {1}, or 0 for the calls of a run
   */
  readonly priority?: number;
  /** Asks the model whatever is kept in the cache, and keeps the new answer. */
  readonly skipCache?: boolean;
  /** What this call may spend at most, with all its retries, fallbacks and parts. */
  readonly budget?: BudgetOptions;
  /**
   * Sends nothing, and gives what would be sent: the result has no content, but a `request` and the `provider`'s name. Neither hooks nor
   * caches are asked. Not for agents made of others, whose calls depend on what was answered before.
   */
  readonly dryRun?: boolean;
  /** Anything; it comes back in the result. */
  readonly metadata?: unknown;
  /**
   * What the call is called in the `journal` of a run, such as the number of a row: it tells the call from others with the same parameters,
   * and is needed where parameters are no plain data.
   */
  readonly key?: string;
}

const stopTexts: Rule = (doing, name, value) => {
  if (typeof value === "string") return;
  if (!Array.isArray(value) || value.some((v) => typeof v !== "string")) {
    refuse(doing, name, "a text or a list of texts", value);
  }
};

const messages: Rule = (doing, name, value) => {
  if (!Array.isArray(value)) refuse(doing, name, "a list of messages", value);
  const problem = messagesProblem(value);
  if (problem !== undefined) throw new TypeError(`Cannot ${doing} as in ${name} ${problem}`);
};

const SETTINGS_RULES: Rules = {
  temperature: finite,
  maxTokens: positiveInteger,
  topP: finite,
  stop: stopTexts,
  seed: finite,
  reasoningEffort: oneOf("none", "minimal", "low", "medium", "high", "xhigh"),
  extra: record,
};

/** The rules for what says how a model is asked. */
export const RESILIENCE_RULES: Rules = {
  timeout,
  retries,
  fallbackModels: fallbackModels({ ...SETTINGS_RULES, provider, retries, timeout }),
  circuitBreaker,
  hedge,
  cache: (doing, name, value) => {
    if (value !== false) cache(doing, name, value);
  },
  coalesce: flag,
  repair,
};

const SHARED_RULES: Rules = {
  model: text,
  ...RESILIENCE_RULES,
  ...SETTINGS_RULES,
  maxSteps: positiveInteger,
  toolConcurrency: positiveInteger,
};

/** The rules for {@linkcode CallOptions}. */
export const CALL_RULES: Rules = {
  ...SHARED_RULES,
  signal: abortSignal,
  messages,
  onDelta: callback,
  priority: finite,
  skipCache: flag,
  dryRun: flag,
  budget,
  metadata: anything,
  key: text,
};

/** The rules for {@linkcode AgentOverrides}. */
export const OVERRIDE_RULES: Rules = {
  ...SHARED_RULES,
  name: text,
  description: text,
  provider,
  limits,
  tools,
  hooks,
  system: (doing, name, value) => {
    if (typeof value !== "string") refuse(doing, name, "a text", value);
  },
};

/** The rules for what may be changed of an agent made of other agents. */
export const RUN_OVERRIDE_RULES: Rules = { name: text, description: text, timeout, hooks };

/** Returns the options that are set: one that is `undefined` counts as absent. */
export function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, v]) => v !== undefined)) as T;
}

/** The names of the settings of a model. */
export const SETTINGS = [
  "temperature",
  "maxTokens",
  "topP",
  "stop",
  "seed",
  "reasoningEffort",
  "extra",
] as const;

/** The settings that are set: those of the call over those of the agent. `extra` is merged. */
export function settingsOf(agent: ModelSettings, call: ModelSettings): ModelSettings {
  const settings: Record<string, unknown> = {};
  for (const name of SETTINGS) {
    const value = call[name] ?? agent[name];
    if (value !== undefined) settings[name] = value;
  }
  if (agent.extra !== undefined && call.extra !== undefined) {
    settings.extra = { ...agent.extra, ...call.extra };
  }
  return settings;
}
