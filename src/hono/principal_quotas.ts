import { PrincipalQuota } from "./principal_quota.ts";
import type { Principal } from "./auth.ts";
import {
  areSameLimits,
  type PrincipalLimits,
  principalLimitsRule,
  type ResolvedLimits,
} from "./limits.ts";

/** Above this number of quotas, idle ones are removed. */
const SWEEP_ABOVE = 1_000;

/**
 * The quotas of all callers. As `auth` may admit any number of callers, idle quotas are removed.
 */
export class PrincipalQuotas {
  readonly #quotas = new Map<string, { quota: PrincipalQuota; limits: PrincipalLimits }>();
  readonly #limits: ResolvedLimits;
  #sweepAbove = SWEEP_ABOVE;

  /** Creates an empty collection. */
  constructor(limits: ResolvedLimits) {
    this.#limits = limits;
  }

  /**
   * Returns the quota of a caller. If the caller's limits have changed, what it has used counts
   * towards the new ones.
   *
   * @throws {TypeError} If the limits that `auth` returned are not valid.
   * @throws {RangeError} If one of them is out of range.
   */
  get({ id, limits = this.#limits.principal ?? {} }: Principal): PrincipalQuota {
    const known = this.#quotas.get(id);
    if (known !== undefined && areSameLimits(known.limits, limits)) return known.quota;
    principalLimitsRule("admit a caller", "its limits", limits);
    if (known !== undefined) {
      known.quota.setLimits(limits);
      known.limits = limits;
      return known.quota;
    }
    const quota = new PrincipalQuota(id, limits, this.#limits.reserve);
    this.#quotas.set(id, { quota, limits });
    if (this.#quotas.size > this.#sweepAbove) this.#sweep();
    return quota;
  }

  /** Iterates over the quotas, oldest first. */
  *[Symbol.iterator](): IterableIterator<PrincipalQuota> {
    for (const { quota } of this.#quotas.values()) yield quota;
  }

  #sweep(): void {
    const now = performance.now();
    for (const [id, { quota }] of this.#quotas) {
      if (quota.isIdle(now)) this.#quotas.delete(id);
    }
    // Amortizes the cost of a sweep over as many new quotas as it visits.
    this.#sweepAbove = Math.max(SWEEP_ABOVE, 2 * this.#quotas.size);
  }
}
