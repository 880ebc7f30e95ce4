/** The faults and outages of the virtual provider. */
import type { Random } from "../simulator/random.ts";
import type { ErrorReply } from "./provider_errors.ts";
import type { VirtualOutage } from "./virtual_options.ts";

/** The names of faults, and the probability of each. */
export type FaultShares = readonly (readonly [name: string, share: number])[];

/** Draws a fault; `undefined` for none. */
export function drawFault(shares: FaultShares, random: Random): string | undefined {
  if (shares.length === 0) return undefined;
  let remaining = random();
  for (const [name, share] of shares) {
    remaining -= share;
    if (remaining < 0) return name;
  }
  return undefined;
}

/**
 * Returns how a request fails that arrives at this time, if there is an outage.
 *
 * @param at The time, in milliseconds since the provider was created.
 */
export function outageAt(
  at: number,
  outages: readonly VirtualOutage[] = [],
): ErrorReply | "network" | "stall" | undefined {
  for (const { from, to, status = 503 } of outages) {
    if (at >= from && at < to) return typeof status === "number" ? { status } : status;
  }
  return undefined;
}

/** Returns the error of a fault that rejects a request at once. It does not count as accepted. */
export function rejectionFor(fault: string | undefined): ErrorReply | undefined {
  switch (fault) {
    case undefined:
      return undefined;
    case "rateLimit":
      return { status: 429, message: "Rate limit reached.", retryAfterMs: 100 };
    case "insufficientQuota":
      return { status: 429, message: "You exceeded your current quota.", final: true };
    default: {
      const status = statusOfFault(fault);
      return status !== undefined && status < 500 ? { status } : undefined;
    }
  }
}

/** Returns the status in the name of a fault, if it has one. */
export function statusOfFault(name: string): number | undefined {
  return /^error[45]\d\d$/.test(name) ? Number(name.slice(-3)) : undefined;
}
