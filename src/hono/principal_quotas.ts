import { isRecord } from "../model/check_options.ts";
import { PrincipalQuota } from "./principal_quota.ts";
import type { Principal } from "./auth.ts";
import { type PrincipalLimits, principalLimitsRule, type ResolvedLimits } from "./limits.ts";

/** Over so many accounts, those of callers that are long gone are forgotten. */
const SWEEP_ABOVE = 1_000;

/** The accounts of all callers. A function may let in any number of them, so those that are idle do not stay. */
export class PrincipalQuotas {
  readonly #accounts = new Map<string, { account: PrincipalQuota; limits: PrincipalLimits }>();
  readonly #caps: ResolvedLimits;
  #sweepAbove = SWEEP_ABOVE;

  /** With no accounts. */
  constructor(caps: ResolvedLimits) {
    this.#caps = caps;
  }

  /**
   * The account of a caller. Limits that have changed begin anew.
   *
   * @throws {TypeError} If a function has given limits that are none.
   * @throws {RangeError} If one is out of range.
   */
  get({ id, limits = this.#caps.principal ?? {} }: Principal): PrincipalQuota {
    const known = this.#accounts.get(id);
    if (known !== undefined && isSame(known.limits, limits)) return known.account;
    principalLimitsRule("let a caller in", "its limits", limits);
    const account = new PrincipalQuota(id, limits, this.#caps.reserve);
    this.#accounts.set(id, { account, limits });
    if (this.#accounts.size > this.#sweepAbove) this.#sweep();
    return account;
  }

  /** Each account that is remembered. */
  *[Symbol.iterator](): IterableIterator<PrincipalQuota> {
    for (const { account } of this.#accounts.values()) yield account;
  }

  #sweep(): void {
    const now = performance.now();
    for (const [id, { account }] of this.#accounts) {
      if (account.isIdle(now)) this.#accounts.delete(id);
    }
    // So that a sweep is paid for by as many new accounts as it looks at.
    this.#sweepAbove = Math.max(SWEEP_ABOVE, 2 * this.#accounts.size);
  }
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isRecord(a) || !isRecord(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => isSame(a[name], b[name]));
}
