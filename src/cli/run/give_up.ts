import type { Result } from "../../../mod.ts";
import { missingPermission } from "../cli_error.ts";

/** A run stops after this many failures for reasons outside the rows, without any other result. */
const MAX_FAILURES = 20;
const HOPELESS_STATUSES: ReadonlySet<number> = new Set([401, 403, 404]);
/** Parameters that no row has, and a server that is unreachable. */
const HOPELESS_CODES: ReadonlySet<string> = new Set(["invalid_params", "network"]);

/** Decides when a run gives up, as every further row would fail. */
export class GiveUpRule {
  #failures = 0;
  /** The number of consecutive rows that failed as a quota is used up. */
  #quotaFailures = 0;

  /** Counts a result, and returns whether the run should stop after it. */
  shouldStopAfter({ ok, replayed, error }: Result): boolean {
    if (replayed) return false;
    // Unlike the other reasons, a quota may be used up in the middle of a run.
    const isQuota = !ok && error.code === "rate_limited" && !error.retryable;
    this.#quotaFailures = isQuota ? this.#quotaFailures + 1 : 0;
    if (this.#quotaFailures >= MAX_FAILURES) return true;
    // A single success shows that rows can succeed: the run never gives up after that.
    if (ok) this.#failures = -Infinity;
    if (ok) return false;
    const isHopeless = HOPELESS_CODES.has(error.code) ||
      HOPELESS_STATUSES.has(error.status ?? 0) ||
      // The user's own code threw before anything was sent.
      error.code === "tool" && error.attempts.length === 0 ||
      missingPermission(error) !== undefined;
    if (isHopeless) this.#failures++;
    else this.#failures = -Infinity;
    return this.#failures >= MAX_FAILURES;
  }
}
