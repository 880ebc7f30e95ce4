/** What goes wrong at the virtual provider: faults by chance, and times in which it does not work. */
import type { Random } from "../simulator/random.ts";
import type { ErrorReply } from "./provider_errors.ts";
import type { VirtualOutage } from "./virtual_options.ts";

/** Names of faults, and how often each comes. */
export type FaultShares = readonly (readonly [name: string, share: number])[];

/** Draws a fault, or none. */
export function drawFault(chances: FaultShares, random: Random): string | undefined {
  if (chances.length === 0) return undefined;
  let chance = random();
  for (const [name, share] of chances) {
    chance -= share;
    if (chance < 0) return name;
  }
  return undefined;
}

/** What comes of a request at this time, in milliseconds since the provider was made, if it does not work then. */
export function outageAt(
  at: number,
  outages: readonly VirtualOutage[] = [],
): ErrorReply | "network" | "stall" | undefined {
  for (const { from, to, status = 503 } of outages) {
    if (at >= from && at < to) return typeof status === "number" ? { status } : status;
  }
  return undefined;
}

/** The faults that a server notices at once: nothing of them counts against the limits. */
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

/** The status that a fault's name ends in, if it does. */
export function statusOfFault(name: string): number | undefined {
  return /^error[45]\d\d$/.test(name) ? Number(name.slice(-3)) : undefined;
}
