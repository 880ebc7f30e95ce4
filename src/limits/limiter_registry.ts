/** The limiters that all calls of the process share: of each provider's key, of its models, and of the process. */
import { adaptiveBounds, type LimitOptions, type ProviderLimits } from "../model/limits.ts";
import type { Provider } from "../model/provider.ts";
import { limiterFor, ModelLimiter } from "./adaptive_limiter.ts";
import { WeakList } from "../async/weak_list.ts";
import { Limiter } from "./limiter.ts";

/** What is limited for a key. */
interface Account {
  /** The provider that asked first. */
  readonly provider: string;
  /** In all. */
  readonly whole: Limiter | undefined;
  /** Each model, by its name. */
  readonly models: Map<string, ModelLimiter>;
  readonly limits: ProviderLimits;
}

const accounts = new WeakMap<object, Account>();
const known = new WeakList<Account>();
let ofProcess: Limiter | undefined;

/** The limiter of a provider's key, if it has limits: those of the first provider that asks with it. */
export function accountLimiter(provider: Provider): Limiter | undefined {
  return accountOf(provider).whole;
}

/** The limiter of a model behind a provider's key. */
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

/** The limiter of the process, if it has limits. */
export function processLimiter(): Limiter | undefined {
  return ofProcess;
}

/** Sets the limits of the process; attempts that hold permits of the old ones give them back there. */
export function setProcessLimits(options: LimitOptions | undefined): void {
  ofProcess = options === undefined ? undefined : limiterFor(options);
}

/** A limiter that calls of the process share, and what it limits: all of them, a provider's key, or a model behind it. */
export interface SharedLimiter {
  /** The name of the provider; absent for the limiter of the process. */
  readonly provider?: string;
  /** The model; absent for the limiter of a provider or the process. */
  readonly model?: string;
  /** The limiter. */
  readonly limiter: Limiter;
}

/** All limiters that exist now: of the process, then of each provider that has been asked. */
export function* sharedLimiters(): IterableIterator<SharedLimiter> {
  if (ofProcess !== undefined) yield { limiter: ofProcess };
  for (const { provider, whole, models } of known) {
    if (whole !== undefined) yield { provider, limiter: whole };
    for (const [model, limiter] of models) yield { provider, model, limiter };
  }
}

function accountOf(provider: Provider): Account {
  const key = provider.account ?? provider;
  let account = accounts.get(key);
  if (account === undefined) {
    const { limits = {} } = provider;
    const { requestsPerMinute, tokensPerMinute, reserve } = limits;
    // The models find out what they bear by themselves; all of them together never get above what is named.
    const { concurrency: option } = limits;
    const concurrency = typeof option === "object"
      ? option.max
      : option === "adaptive"
      ? undefined
      : option;
    const named = concurrency ?? requestsPerMinute ?? tokensPerMinute;
    account = {
      provider: provider.name,
      whole: named === undefined
        ? undefined
        : new Limiter({ concurrency, requestsPerMinute, tokensPerMinute, reserve }),
      models: new Map(),
      limits,
    };
    accounts.set(key, account);
    known.add(account);
  }
  return account;
}
