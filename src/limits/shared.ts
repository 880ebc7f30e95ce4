/** The limiters that all calls of the process share: of each provider's key, and of the process. */
import type { Provider } from "../model/provider.ts";
import type { LimitOptions } from "../model/limits.ts";
import { Limiter } from "./limiter.ts";

const accounts = new WeakMap<object, Limiter>();
let whole: Limiter | undefined;

/** The limiter of a provider's key, if it has limits: those of the first provider that asks with it. */
export function accountLimiter(provider: Provider): Limiter | undefined {
  if (provider.limits === undefined) return undefined;
  const account = provider.account ?? provider;
  let limiter = accounts.get(account);
  if (limiter === undefined) accounts.set(account, limiter = new Limiter(provider.limits));
  return limiter;
}

/** The limiter of the process, if it has limits. */
export function processLimiter(): Limiter | undefined {
  return whole;
}

/** Sets the limits of the process; attempts that hold permits of the old ones give them back there. */
export function limitProcess(options: LimitOptions | undefined): void {
  whole = options === undefined ? undefined : new Limiter(options);
}
