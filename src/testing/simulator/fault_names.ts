/** The names of all faults that are not a status. */
export const FAULT_NAMES = [
  "rateLimit",
  "insufficientQuota",
  "reset",
  "resetBody",
  "stallHeaders",
  "stall",
  "stallKeepAlive",
  "slowHeaders",
  "truncate",
  "malformed",
  "streamError",
  "emptyChoices",
  "length",
  "contentFilter",
  "refusal",
] as const;

/** Whether it is the name of a fault: a name of `FAULT_NAMES`, or `error400` to `error599`. */
export function isFaultName(name: string): boolean {
  return (FAULT_NAMES as readonly string[]).includes(name) || /^error[45]\d\d$/.test(name);
}
