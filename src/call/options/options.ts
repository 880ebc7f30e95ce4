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
  type RulesFor,
  text,
} from "../../model/check_options.ts";
import { cache, type CacheOptions } from "../../cache/cache_options.ts";
import { budget, type BudgetOptions } from "../../model/budget.ts";
import { type LimitOptions, limits } from "../../model/limits.ts";
import { type ModelSettings, REASONING_EFFORTS } from "../../model/message.ts";
import { type Provider, provider } from "../../model/provider.ts";
import { retries, type RetryOptions } from "../../resilience/backoff.ts";
import { circuitBreaker, type CircuitBreakerOptions } from "../../resilience/circuit_breaker.ts";
import { fallbackModels } from "../../resilience/fallback.ts";
import { hedge, type HedgeOptions } from "../../resilience/hedge_options.ts";
import { timeout, type TimeoutOptions, totalTimeout } from "./timeouts.ts";
import { type Hooks, hooks } from "./hooks.ts";
import { messagesProblem, type PromptMessage } from "./prompt_parts.ts";
import { repair, type RepairOptions } from "./repair.ts";
import { type Tool, tools } from "./tool.ts";

/**
 * Options that `configure`, an agent and a single call have in common. The call overrides the
 * agent, and the agent overrides `configure`.
 */
export interface SharedOptions {
  /**
   * The name of the model, as the provider knows it. A call for which nothing names a model throws
   * a `TypeError`, and nothing is sent.
   *
   * @default The `model` of the agent, or else of `configure`
   */
  readonly model?: string;
  /**
   * Time limits in milliseconds. A number is the total: retries, fallbacks, tools and all. The
   * limits of the call, the agent and `configure` are merged field by field, the call first: a
   * call's `timeout: 5_000` keeps the agent's `{ attempt: 1_000 }`.
   *
   * A workflow takes `total` as its own and passes the other limits on to the calls inside. An
   * agent made of others takes `total` and ignores the rest.
   *
   * @default {{ attempt: 300_000 }}
   */
  readonly timeout?: number | TimeoutOptions;
  /**
   * How often and when a failed attempt is repeated: a whole number, 0 or more, or an object. 0
   * sends exactly one request.
   *
   * @default {3} and, after a 429, at least 90 seconds of retries
   */
  readonly retries?: number | RetryOptions;
  /**
   * Models to try in this order when the first one has failed. Each has its own retries.
   *
   * @default {[]}
   */
  readonly fallbackModels?: readonly (string | FallbackModel)[];
  /**
   * Stops sending requests to a model for a while after too many failures. All calls of the process
   * to that model share the state.
   *
   * @default Off
   */
  readonly circuitBreaker?: CircuitBreakerOptions;
  /**
   * Sends a second request when the answer to the first is late, uses the first answer and aborts
   * the other request. Both are counted, and limits and budgets hold for both.
   *
   * @default Off
   */
  readonly hedge?: HedgeOptions;
  /**
   * Stores answers: a call with the same request gets the stored one, at no cost. `false` turns
   * off what the agent or `configure` sets.
   *
   * @default {false}
   */
  readonly cache?: CacheOptions | false;
  /**
   * Whether identical calls in flight share one request and its answer.
   *
   * @default {true} with a `cache`, else `false`
   */
  readonly coalesce?: boolean;
  /**
   * How often the model is asked to correct an answer that does not match its `output` schema: a
   * whole number, 0 or more. The request contains the answer and its issues. 0 fails at once.
   *
   * @default {{ max: 1 }}
   */
  readonly repair?: number | RepairOptions;
}

/** Options that `configure` and an agent have in common. The agent overrides `configure`. */
export interface AgentDefaults {
  /**
   * The provider that answers. A fallback model may have its own.
   *
   * @default The OpenAI provider, with the keys of the environment
   */
  readonly provider?: Provider;
  /**
   * Limits on the attempts in flight and on requests and tokens a minute. On an agent they hold
   * for all its calls together, in `configure` for the whole process.
   *
   * @default No limits
   */
  readonly limits?: LimitOptions;
  /**
   * Functions that run around each call. Those of `configure` run around those of the agent.
   *
   * @default None
   */
  readonly hooks?: Hooks;
}

/** Options that an agent and a single call have in common: how its model is called. */
export interface ModelOptions extends SharedOptions, ModelSettings {
  /**
   * The maximum number of answers of the model in one call with `tools`: a positive integer.
   * `onMaxSteps` decides what happens if the last one requests tools, too.
   *
   * @default {10}
   */
  readonly maxSteps?: number;
  /**
   * What happens if the model still requests tools in its last answer. `"error"`: the call fails
   * with the code `tool`, and `error.messages` has the conversation. `"answer"`: the tools run, and
   * the model gets one more request, in which it must not call tools.
   *
   * @default {"error"}
   */
  readonly onMaxSteps?: "error" | "answer";
  /**
   * The maximum number of tools that one answer may call: a positive integer. The first ones run.
   * Each of the others is reported to the model as not run, and has the error code `too_many` in
   * `toolCalls`.
   *
   * @default {64}
   */
  readonly maxToolCalls?: number;
  /**
   * The maximum number of tools of one answer that run at the same time: a positive integer.
   *
   * @default {5}
   */
  readonly toolConcurrency?: number;
  /**
   * Whether the result has the text of the model's reasoning, if the server sends it. With it, the
   * stream route of `agentRoutes` also sends `reasoning` events. Reasoning may reveal the prompt.
   *
   * @default {false}
   */
  readonly reasoning?: boolean;
}

/** A fallback model. Options that are absent are those of the first model. */
export interface FallbackModel
  extends
    ModelSettings,
    Pick<SharedOptions, "retries" | "timeout">,
    Pick<AgentDefaults, "provider"> {
  /** The name of the model, as the provider knows it. */
  readonly model: string;
  /**
   * Its time limits in milliseconds, merged over those of the call. A number, or `total`, limits
   * this model, with all its retries; then the next fallback is tried. The total of the call still
   * limits all models together.
   *
   * @default The limits of the call
   */
  readonly timeout?: number | TimeoutOptions;
}

/** Options of every kind of agent. */
export interface AgentBase extends Pick<AgentDefaults, "hooks"> {
  /** The name, as it appears in results and errors. */
  readonly name: string;
  /** What the agent is for, in a sentence. */
  readonly description?: string;
}

/** Options of an agent that calls a model, without its prompt. */
export interface ModelAgentOptions extends AgentBase, AgentDefaults, ModelOptions {
  /**
   * The system message. Braces in it are no placeholders.
   *
   * @default None
   */
  readonly system?: string;
  /**
   * Tools that the model may call, created by `defineTool` or an agent's `asTool`. Their names must
   * differ.
   *
   * @default {[]}
   */
  readonly tools?: readonly Tool[];
}

/** The options that {@linkcode Agent.with} may change. */
export type AgentOverrides = Partial<ModelAgentOptions>;

/** Options of a single call. */
export interface CallOptions extends ModelOptions {
  /** Aborts this call, wherever it is: queued, backing off, in flight or running a tool. */
  readonly signal?: AbortSignal;
  /**
   * The messages before the prompt. They follow the system message.
   *
   * @default {[]}
   */
  readonly messages?: readonly PromptMessage[];
  /** Receives the text of the answer in pieces and is awaited. The provider is asked to stream. */
  readonly onDelta?: (text: string) => void | Promise<void>;
  /**
   * The priority of attempts that wait for a limit: any number, higher ones go first. Above 0, an
   * attempt may use the permits that the limit keeps in `reserve`.
   *
   * @default {1}, or 0 for the calls of a run
   */
  readonly priority?: number;
  /**
   * Whether to ignore what the cache has. The new answer is stored.
   *
   * @default {false}
   */
  readonly skipCache?: boolean;
  /**
   * The maximum that this call may spend, including retries, fallbacks and nested calls.
   *
   * @default No budget of its own
   */
  readonly budget?: BudgetOptions;
  /**
   * Whether to send nothing and return what would be sent: a `request` and the name of the
   * `provider`, without content. Neither hooks nor caches are used. Agents that call other agents
   * refuse it, as what they send depends on earlier answers.
   *
   * @default {false}
   */
  readonly dryRun?: boolean;
  /** Any value; the result carries it. */
  readonly metadata?: unknown;
  /**
   * The key of the call in the `journal` of a run, such as a row number. It distinguishes calls
   * with equal parameters, and is required where parameters are not plain data.
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

const SETTINGS_RULES: RulesFor<ModelSettings> = {
  temperature: finite,
  maxTokens: positiveInteger,
  topP: finite,
  stop: stopTexts,
  seed: finite,
  reasoningEffort: oneOf(...REASONING_EFFORTS),
  extra: record,
};

/** The rules for {@linkcode SharedOptions}. */
export const SHARED_RULES: RulesFor<SharedOptions> = {
  model: text,
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

/** The rules for {@linkcode AgentDefaults}. */
export const DEFAULTS_RULES: RulesFor<AgentDefaults> = { provider, limits, hooks };

const MODEL_OPTIONS_RULES: RulesFor<ModelOptions> = {
  ...SHARED_RULES,
  ...SETTINGS_RULES,
  maxSteps: positiveInteger,
  onMaxSteps: oneOf("error", "answer"),
  maxToolCalls: positiveInteger,
  toolConcurrency: positiveInteger,
  reasoning: flag,
};

/** The rules for {@linkcode CallOptions}. */
export const CALL_RULES: RulesFor<CallOptions> = {
  ...MODEL_OPTIONS_RULES,
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
export const OVERRIDE_RULES: RulesFor<AgentOverrides> = {
  ...MODEL_OPTIONS_RULES,
  ...DEFAULTS_RULES,
  name: text,
  description: text,
  tools,
  system: (doing, name, value) => {
    if (typeof value !== "string") refuse(doing, name, "a text", value);
  },
};

/** The rules for the options that may be changed of an agent that calls other agents. */
export const RUN_OVERRIDE_RULES: RulesFor<AgentBase & Pick<SharedOptions, "timeout">> = {
  name: text,
  description: text,
  timeout: totalTimeout,
  hooks,
};

/** Returns the options without those that are `undefined`. */
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

/**
 * Returns the settings that are set. Those of the call override those of the agent; `extra` is
 * merged.
 */
export function settingsOf(agent: ModelSettings, call: ModelSettings): ModelSettings {
  const settings: Record<string, unknown> = {};
  for (const name of SETTINGS) {
    const value = call[name] ?? agent[name];
    if (value !== undefined) settings[name] = value;
  }
  if (agent.extra !== undefined && call.extra !== undefined) {
    settings.extra = { ...agent.extra, ...withoutUndefined(call.extra) };
  }
  return settings;
}
