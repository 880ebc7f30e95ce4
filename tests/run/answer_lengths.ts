/** Distributions of the lengths of answers, in output tokens. */

/** Returns a number from 0 up to, but not including, 1. */
type Random = () => number;

/** A distribution: the length of the nth answer. */
export type Lengths = (random: Random, n: number) => number;

/** The distributions for which budgets are tested. */
export const LENGTHS: Readonly<Record<string, Lengths>> = {
  constant: () => 5_000,
  uniform: (random) => 1 + Math.floor(random() * 5_000),
  exponential: (random) => Math.ceil(-1_000 * Math.log(1 - random())),
  heavyTail: (random) => Math.min(50_000, Math.ceil(500 * Math.exp(1.2 * normal(random)))),
  bimodal: (random) => random() < 0.95 ? 100 : 8_000,
  growing: (_, n) => 100 + n,
};

/** Draws lengths that are the same in each run. */
export function drawLengths(lengths: Lengths, count: number): readonly number[] {
  let state = 12_345;
  // The minimal standard generator of Park and Miller.
  const random = () => (state = state * 48_271 % 2_147_483_647) / 2_147_483_647;
  return Array.from({ length: count }, (_, n) => lengths(random, n));
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
