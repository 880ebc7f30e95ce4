import { checkOptions, type Rules, text } from "../../model/check_options.ts";
import { type Provider, provider as providerRule } from "../../model/provider.ts";
import { type Concurrency, concurrency, type LimitOptions, limits } from "../../model/limits.ts";
import { setProcessLimits } from "../../limits/limiter_registry.ts";
import { DEFAULT_RETRIES, type RetryOptions } from "../../resilience/backoff.ts";
import type { CircuitBreakerOptions } from "../../resilience/circuit_breaker.ts";
import type { CacheOptions } from "../../cache/cache_options.ts";
import type { HedgeOptions } from "../../resilience/hedge_options.ts";
import { refuseOwnFallback } from "../../resilience/fallback.ts";
import { DEFAULT_TIMEOUT, type TimeoutOptions } from "../../resilience/timeout.ts";
import { type Prices, prices } from "../../pricing/prices.ts";
import { type Hooks, hooks } from "./hooks.ts";
import { type FallbackModel, RESILIENCE_RULES } from "./options.ts";
import { mode, type RunMode } from "./mode.ts";
import type { RepairOptions } from "./repair.ts";

/** Process-wide defaults: what holds where neither the call nor the agent says anything. */
export interface Configuration {
  /**
   * The `concurrency` of runs that do not set their own: a number, `"adaptive"`, or bounds.
   *
   * @default {10}
   */
  readonly concurrency?: Concurrency;
  /**
   * Where runs make their calls that do not say: on this event loop, or in a pool of workers.
   *
   * @default {"event-loop"}
   */
  readonly mode?: RunMode;
  /** How much the whole process may do, at a time and in a minute. */
  readonly limits?: LimitOptions;
  /** Who answers. Where nobody is named, the OpenAI provider with the keys of the environment. */
  readonly provider?: Provider;
  /** The model of agents that name none. */
  readonly model?: string;
  /**
   * Time limits in milliseconds; a number is the limit of each attempt.
   *
   * @default {{ attempt: 300_000 }}
   */
  readonly timeout?: number | TimeoutOptions;
  /**
   * How often, and when, a failed attempt is repeated.
   *
   * @default {3}
   */
  readonly retries?: number | RetryOptions;
  /** Models to ask, one after another, when the first has failed for good. */
  readonly fallbackModels?: readonly (string | FallbackModel)[];
  /** Leaves a model alone for a while that keeps failing. Off unless it is set. */
  readonly circuitBreaker?: CircuitBreakerOptions;
  /** Sends a second request when the answer to the first is late. Off unless it is set. */
  readonly hedge?: HedgeOptions;
  /** Keeps answers and gives them out again. Off unless it is set. */
  readonly cache?: CacheOptions | false;
  /** Makes one request of identical calls in flight. Off unless it is set, or there is a `cache`. */
  readonly coalesce?: boolean;
  /**
   * How often an answer that does not fit its `output` schema is asked for again.
   *
   * @default {{ max: 1 }}
   */
  readonly repair?: number | RepairOptions;
  /**
   * What models cost: a table in dollars per million tokens, or a function. Models that are not in it are looked up in the
   * public price list of `@pydantic/genai-prices`.
   */
  readonly prices?: Prices;
  /** Code of yours around each call of any agent, of those that it calls itself, too. */
  readonly hooks?: Hooks;
}

/** A configuration in which everything that has a default is there. */
export type ActiveConfiguration = Configuration & { readonly concurrency: Concurrency };

const DEFAULTS: ActiveConfiguration = Object.freeze({
  concurrency: 10,
  timeout: DEFAULT_TIMEOUT,
  retries: DEFAULT_RETRIES,
});

const RULES: Rules = {
  ...RESILIENCE_RULES,
  concurrency,
  mode,
  limits,
  provider: providerRule,
  model: text,
  prices,
  hooks,
};

let active: ActiveConfiguration = DEFAULTS;

/**
 * Sets process-wide defaults. Options that are absent stay as they were; one that is given as `undefined` goes back
 * to its default. Calls that have begun keep what they began with.
 *
 * @returns What is in force now.
 * @throws {TypeError} If an option is not known or has the wrong type; then nothing changes.
 * @throws {RangeError} If a number is out of range; then nothing changes.
 *
 * @example
 * ```ts
 * import { configure } from "@shoal/agents";
 *
 * configure({ concurrency: 50, model: "gpt-5-mini", timeout: 30_000 });
 * console.log(configure().concurrency); // 50
 * ```
 */
export function configure(options: Configuration = {}): ActiveConfiguration {
  checkOptions("configure", options, RULES);
  const next: Record<string, unknown> = { ...active };
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) delete next[name];
    else next[name] = value;
  }
  refuseOwnFallback("configure", next as Configuration);
  if (next.limits !== active.limits) setProcessLimits(next.limits as LimitOptions | undefined);
  active = Object.freeze({ ...DEFAULTS, ...next });
  return active;
}

/** What is in force. */
export function configuration(): ActiveConfiguration {
  return active;
}

/** What was set, without the defaults. */
export function settings(): Configuration {
  const defaults: Readonly<Record<string, unknown>> = { ...DEFAULTS };
  const set = Object.entries(active).filter(([name, value]) => value !== defaults[name]);
  return Object.fromEntries(set);
}

let makeDefaultProvider: (() => Promise<Provider>) | undefined;
let defaultProvider: Promise<Provider> | undefined;

/** Names the provider for those who name none; it is made when it is first needed. */
export function setDefaultProvider(make: () => Promise<Provider>): void {
  makeDefaultProvider = make;
}

/** The provider for those who name none. */
export function getDefaultProvider(): Promise<Provider> {
  if (defaultProvider === undefined) {
    if (makeDefaultProvider === undefined) throw new TypeError(NO_PROVIDER);
    // Keys may be set later: a failure is not kept.
    defaultProvider = makeDefaultProvider().catch((error) => {
      defaultProvider = undefined;
      throw error;
    });
  }
  return defaultProvider;
}

const NO_PROVIDER =
  "Cannot call a model as there is no provider: pass `provider` or configure({ provider })";
