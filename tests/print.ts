import { inspect, type InspectOptions } from "node:util";

type Inspect = (value: unknown, options?: InspectOptions) => string;

/** Returns what the console of this runtime prints of a value, and what `node:util` prints. */
export function print(value: unknown, options: InspectOptions = {}): string {
  const { Deno, Bun } = globalThis as {
    Deno?: { inspect: Inspect };
    Bun?: { inspect: Inspect };
  };
  const texts = [(Deno ?? Bun)?.inspect(value, options), inspect(value, options)];
  return [...new Set(texts)].filter((text) => text !== undefined).join("\n");
}
