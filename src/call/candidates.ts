import type { ModelSettings } from "../model/message.ts";
import type { Provider } from "../model/provider.ts";
import type { CircuitBreakerOptions } from "../resilience/circuit_breaker.ts";
import type { HedgeOptions } from "../resilience/hedge_options.ts";
import { beforeFallback, type RetryPolicy, retryPolicy } from "../resilience/backoff.ts";
import { refuseOwnFallback } from "../resilience/fallback.ts";
import { mergeTimeouts, type TimeoutOptions, totalOf } from "./options/timeouts.ts";
import type { ModelAgent } from "./options/model_agent.ts";
import { type Configuration, getDefaultProvider } from "./options/config.ts";
import { type CallOptions, settingsOf } from "./options/options.ts";

/** A model that a call may use, with its options. */
export interface Candidate {
  /** The model. */
  readonly model: string;
  /** Who answers for it. */
  readonly provider: Provider;
  /** The settings of its requests. */
  readonly settings: ModelSettings;
  /** Its own retries. */
  readonly policy: RetryPolicy;
  /** The time limits of the call and of the attempts at this model. */
  readonly limits: TimeoutOptions;
  /** The limit on this model, with all its retries, in milliseconds; only fallbacks have one. */
  readonly ownTotal?: number;
  /** The options of the circuit breaker. */
  readonly breaker: CircuitBreakerOptions | undefined;
  /** When a duplicate is sent. */
  readonly hedge: HedgeOptions | undefined;
  /** Whether another model follows. */
  readonly hasFallback?: boolean;
}

/**
 * Returns the models of a call in order: its own, followed by the fallbacks.
 *
 * @throws {TypeError} If no model or no provider is named, or the call's own fallbacks repeat its
 * model.
 */
export function candidatesOf(
  agent: ModelAgent,
  options: CallOptions,
  config: Configuration,
): Candidates | Promise<Candidates> {
  const provider = agent.provider ?? config.provider;
  if (provider === undefined) {
    modelOf(agent, options, config);
    return getDefaultProvider().then((provider) =>
      createCandidates(agent, options, config, provider)
    );
  }
  if (affectsCandidates(options)) return createCandidates(agent, options, config, provider);
  // Most calls use the agent's options unchanged, so its candidates are cached.
  let plan = plans.get(agent);
  if (plan?.config !== config) {
    plan = { config, candidates: createCandidates(agent, options, config, provider) };
    plans.set(agent, plan);
  }
  return plan.candidates;
}

/** One or more candidates, in order. */
export type Candidates = readonly [Candidate, ...Candidate[]];

/**
 * The candidates that calls of an agent without own options share, until the configuration
 * changes.
 */
const plans = new WeakMap<
  ModelAgent,
  { readonly config: Configuration; readonly candidates: Candidates }
>();

/** The call options that do not affect the candidates. */
const NEUTRAL_OPTIONS: ReadonlySet<string> = new Set(
  [
    "signal",
    "messages",
    "onDelta",
    "priority",
    "metadata",
    "budget",
    "cache",
    "coalesce",
    "skipCache",
    "dryRun",
    "repair",
    "maxSteps",
    "toolConcurrency",
  ] satisfies (keyof CallOptions)[],
);

function affectsCandidates(options: CallOptions): boolean {
  for (const name in options) if (!NEUTRAL_OPTIONS.has(name)) return true;
  return false;
}

function modelOf(agent: ModelAgent, options: CallOptions, config: Configuration): string {
  const model = options.model ?? agent.model ?? config.model;
  if (model !== undefined) return model;
  throw new TypeError(
    `Cannot call "${agent.name}" as no model is named: pass \`model\` or configure({ model })`,
  );
}

function createCandidates(
  agent: ModelAgent,
  options: CallOptions,
  config: Configuration,
  provider: Provider,
): Candidates {
  const model = modelOf(agent, options, config);
  const first: Candidate = {
    model,
    provider,
    settings: settingsOf(agent, options),
    policy: retryPolicy(options.retries ?? agent.retries ?? config.retries),
    limits: mergeTimeouts(options.timeout, agent.timeout, config.timeout),
    breaker: options.circuitBreaker ?? agent.circuitBreaker ?? config.circuitBreaker,
    hedge: options.hedge ?? agent.hedge ?? config.hedge,
  };
  // Checks only the call's own list: those of the agent and the process apply to any model.
  refuseOwnFallback(`call "${agent.name}"`, {
    model,
    provider: first.provider,
    fallbackModels: options.fallbackModels,
  });
  const others = options.fallbackModels ?? agent.fallbackModels ?? config.fallbackModels ?? [];
  if (others.length === 0) return [first];

  const fallbacks = others.map((other): Candidate => {
    const { model, provider, retries, timeout, ...settings } = typeof other === "string"
      ? { model: other }
      : other;
    return {
      ...first,
      model,
      provider: provider ?? first.provider,
      settings: settingsOf(first.settings, settings),
      policy: retries === undefined ? first.policy : retryPolicy(retries),
      limits: timeout === undefined
        ? first.limits
        : { ...mergeTimeouts(timeout, first.limits), total: first.limits.total },
      ownTotal: totalOf(timeout),
    };
  });
  // Removes duplicates: a call may name a fallback of its agent as its model.
  const all = [first, ...fallbacks];
  const same = (a: Candidate, b: Candidate) => a.model === b.model && a.provider === b.provider;
  const unique = all.filter((c, i) => all.findIndex((b) => same(b, c)) === i);
  const last = unique.length - 1;
  return unique.map((candidate, i) =>
    i === last
      ? candidate
      : { ...candidate, policy: beforeFallback(candidate.policy), hasFallback: true }
  ) as [Candidate, ...Candidate[]];
}
