import type { Summary } from "../../../mod.ts";
import { nameFlags } from "../option_flags.ts";

/** What is known of the run beside its summary. */
export interface VerdictContext {
  /** Whether the provider answers in batch files: then no flag makes it answer earlier. */
  readonly isProviderBatch: boolean;
}

/** Returns the verdict on a run, with flags in place of options. */
export function verdictText(verdict: string, { isProviderBatch }: VerdictContext): string {
  return isProviderBatch
    ? verdict.replace(/^waiting for the model (\d+ % of the time).*$/s, "waiting for batches $1")
    : nameFlags(verdict);
}

/** Whether a summary has anything to judge: calls that were not sent took no time. */
export function hasVerdict({ timeSpent }: Pick<Summary, "timeSpent">): boolean {
  return Object.values(timeSpent).some((ms) => ms > 0);
}
