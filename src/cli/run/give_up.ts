import type { Result } from "../../../mod.ts";
import { missingPermission } from "../permission_error.ts";

/** So many calls that all fail for a reason that is not in the row, and no other before: others would, too. */
const MAX_IDENTICAL_FAILURES = 20;
const HOPELESS_STATUSES: ReadonlySet<number> = new Set([401, 403, 404]);
/** Parameters that no row has, and a server that is not there. */
const HOPELESS_CODES: ReadonlySet<string> = new Set(["invalid_params", "network"]);

/** Whether there is any use in going on with a run. */
export class GiveUpRule {
  #refused = 0;

  /** Hears of a result, and says whether it takes the last hope. */
  shouldStopAfter({ ok, replayed, error }: Result): boolean {
    if (ok) this.#refused = -Infinity;
    if (ok || replayed) return false;
    const isRefused = HOPELESS_CODES.has(error.code) || HOPELESS_STATUSES.has(error.status ?? 0) ||
      missingPermission(error) !== undefined;
    if (isRefused) this.#refused++;
    else this.#refused = -Infinity;
    return this.#refused >= MAX_IDENTICAL_FAILURES;
  }
}
