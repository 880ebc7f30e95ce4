import type { Result } from "../../../mod.ts";
import { lackingPermission } from "../permission_error.ts";

/** So many calls that all fail for a reason that is not in the row, and no other before: others would, too. */
const HOPELESS = 20;
const REFUSED: ReadonlySet<number> = new Set([401, 403, 404]);
/** Parameters that no row has, and a server that is not there. */
const HOPELESS_CODES: ReadonlySet<string> = new Set(["invalid_params", "network"]);

/** Whether there is any use in going on with a run. */
export class Hope {
  #refused = 0;

  /** Hears of a result, and says whether it takes the last hope. */
  isLostWith({ ok, replayed, error }: Result): boolean {
    if (ok) this.#refused = -Infinity;
    if (ok || replayed) return false;
    const isRefused = HOPELESS_CODES.has(error.code) || REFUSED.has(error.status ?? 0) ||
      lackingPermission(error) !== undefined;
    if (isRefused) this.#refused++;
    else this.#refused = -Infinity;
    return this.#refused >= HOPELESS;
  }
}
