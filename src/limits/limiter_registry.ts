/**
 * The limiters that all calls of the process share: per API key, per model, and of the process.
 */
import { adaptiveBounds, type LimitOptions, type ProviderLimits } from "../model/limits.ts";
import type { Provider } from "../model/provider.ts";
import { limiterFor, ModelLimiter } from "./adaptive_limiter.ts";
import { WeakList } from "../async/weak_list.ts";
import { Limiter } from "./limiter.ts";

/** The limiters of one API key. */
interface Account {
  /** The name of the first provider that used the key. */
  readonly provider: string;
  /** The limiter of all models together, if that is limited. */
  readonly limiter: Limiter | undefined;
  /** The limiter of each model, by model name. */
  readonly models: Map<string, ModelLimiter>;
  readonly limits: ProviderLimits;
}

const accounts = new WeakMap<object, Account>();
const allAccounts = new WeakList<Account>();
let forProcess: Limiter | undefined;

/**
 * Returns the limiter of a provider's API key, if it has limits. Providers with the same key
 * share it, with the limits of the first of them.
 */
export function accountLimiter(provider: Provider): Limiter | undefined {
  return accountOf(provider).limiter;
}

/** Returns the limiter of a model behind a provider's API key. */
export function modelLimiter(provider: Provider, model: string): ModelLimiter {
  const { models, limits } = accountOf(provider);
  let limiter = models.get(model);
  if (limiter === undefined) {
    const own = limits.models?.[model] ?? {};
    const concurrency = own.concurrency ?? limits.concurrency;
    // A number given to the provider limits all its models together: see `accountOf`.
    limiter = new ModelLimiter(
      adaptiveBounds(concurrency) === undefined
        ? own
        : { reserve: limits.reserve, ...own, concurrency },
    );
    models.set(model, limiter);
  }
  return limiter;
}

/** Returns the limiter of the process, if it has limits. */
export function processLimiter(): Limiter | undefined {
  return forProcess;
}

/** Sets the limits of the process. Attempts in flight release the permits of the old limiter. */
export function setProcessLimits(options: LimitOptions | undefined): void {
  forProcess = options === undefined ? undefined : limiterFor(options);
}

/**
 * A shared limiter, and what it limits: the process, a provider's API key, or one of its models.
 */
export interface SharedLimiter {
  /** The name of the provider; absent for the limiter of the process. */
  readonly provider?: string;
  /** The model; absent for the limiter of a provider or the process. */
  readonly model?: string;
  /** The limiter. */
  readonly limiter: Limiter;
}

/** Yields all shared limiters: the one of the process, then those of each provider in use. */
export function* sharedLimiters(): IterableIterator<SharedLimiter> {
  if (forProcess !== undefined) yield { limiter: forProcess };
  for (const { provider, limiter, models } of allAccounts) {
    if (limiter !== undefined) yield { provider, limiter };
    for (const [model, limiter] of models) yield { provider, model, limiter };
  }
}

function accountOf(provider: Provider): Account {
  const key = provider.account ?? provider;
  let account = accounts.get(key);
  if (account === undefined) {
    const { limits = {} } = provider;
    account = {
      provider: provider.name,
      limiter: accountLimiterFor(limits),
      models: new Map(),
      limits,
    };
    accounts.set(key, account);
    allAccounts.add(account);
  }
  return account;
}

function accountLimiterFor(limits: ProviderLimits): Limiter | undefined {
  const { concurrency: option, requestsPerMinute, tokensPerMinute, reserve } = limits;
  // An adaptive concurrency belongs to each model; together they stay within its `max`, if given.
  const concurrency = typeof option === "object"
    ? option.max
    : option === "adaptive"
    ? undefined
    : option;
  if ((concurrency ?? requestsPerMinute ?? tokensPerMinute) === undefined) return undefined;
  return new Limiter({ concurrency, requestsPerMinute, tokensPerMinute, reserve });
}
