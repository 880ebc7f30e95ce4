import { checkOptions, type RulesFor } from "../../model/check_options.ts";
import { type Concurrency, concurrency, type LimitOptions } from "../../model/limits.ts";
import type { Provider } from "../../model/provider.ts";
import { setProcessLimits } from "../../limits/limiter_registry.ts";
import { DEFAULT_RETRIES } from "../../resilience/backoff.ts";
import { refuseOwnFallback } from "../../resilience/fallback.ts";
import { DEFAULT_TIMEOUT } from "./timeouts.ts";
import { type Prices, prices } from "../../pricing/prices.ts";
import { mode, type RunMode } from "./mode.ts";
import { type AgentDefaults, DEFAULTS_RULES, SHARED_RULES, type SharedOptions } from "./options.ts";

/** Process-wide defaults. They apply where neither the call nor the agent sets the option. */
export interface Configuration extends SharedOptions, AgentDefaults {
  /**
   * The `concurrency` of runs that do not set their own: a number, `"adaptive"`, or bounds.
   *
   * @default {10}
   */
  readonly concurrency?: Concurrency;
  /**
   * Where runs make their calls unless they set it: on this event loop, or in a pool of workers.
   *
   * @default {"event-loop"}
   */
  readonly mode?: RunMode;
  /**
   * The prices of models: a table in US dollars per million tokens, or a function.
   *
   * If the server reports what a request cost, that is the cost, unless a function returns another
   * one. Models that are missing here are looked up in the public price list of
   * `@pydantic/genai-prices`, by the address of the server and the name of the model. A budget in
   * US dollars needs the price of every model before its first answer.
   *
   * @default The public price list
   */
  readonly prices?: Prices;
}

/** The configuration in force. */
export type ActiveConfiguration = Configuration & { readonly concurrency: Concurrency };

const DEFAULTS: ActiveConfiguration = Object.freeze({
  concurrency: 10,
  timeout: DEFAULT_TIMEOUT,
  retries: DEFAULT_RETRIES,
});

const RULES: RulesFor<Configuration> = {
  ...SHARED_RULES,
  ...DEFAULTS_RULES,
  concurrency,
  mode,
  prices,
};

let active: ActiveConfiguration = DEFAULTS;

/**
 * Sets process-wide defaults. Options that are absent do not change; `undefined` resets an option
 * to its default. Calls in flight keep the options with which they started.
 *
 * @returns The configuration in force.
 * @throws {TypeError} If an option is unknown or has the wrong type. Nothing changes.
 * @throws {RangeError} If a number is out of range. Nothing changes.
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

/** Returns the configuration in force. */
export function configuration(): ActiveConfiguration {
  return active;
}

/** Returns the options that were set, without the defaults. */
export function settings(): Configuration {
  const defaults: Readonly<Record<string, unknown>> = { ...DEFAULTS };
  const set = Object.entries(active).filter(([name, value]) => value !== defaults[name]);
  return Object.fromEntries(set);
}

let makeDefaultProvider: (() => Promise<Provider>) | undefined;
let defaultProvider: Promise<Provider> | undefined;

/** Sets the function that creates the default provider when it is first needed. */
export function setDefaultProvider(make: () => Promise<Provider>): void {
  makeDefaultProvider = make;
}

/** Returns the default provider, for agents and fallback models without one. */
export function getDefaultProvider(): Promise<Provider> {
  if (defaultProvider === undefined) {
    if (makeDefaultProvider === undefined) throw new TypeError(NO_PROVIDER);
    // A failure is not cached, as the key may be set later.
    defaultProvider = makeDefaultProvider().catch((error) => {
      defaultProvider = undefined;
      throw error;
    });
  }
  return defaultProvider;
}

const NO_PROVIDER =
  "Cannot call a model as there is no provider: pass `provider` or configure({ provider })";
