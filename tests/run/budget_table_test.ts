/** Budgets hold, whatever the concurrency and the lengths of answers: in virtual time. */
import { batch, type BudgetOptions, defineAgent, summarize, type Summary } from "@shoal/agents";
import { virtualProvider, virtualTime } from "@shoal/agents/testing";
import { assert } from "@std/assert";
import { configured, used } from "../helpers.ts";
import { drawLengths, LENGTHS, type Lengths } from "./answer_lengths.ts";

/** The input tokens of each call: those of its prompt, at four characters per token. */
const INPUT = 5;
const prompt = "twenty characters {x}"; // with an x of one character
const PRICE = { input: 1, output: 10 };

/** Without `maxTokens`, a budget may be exceeded by the price of this many answers. */
const HANDFUL = 4;

/** The number of calls at each concurrency: enough to spend the budget. */
const CALLS = { 1: 60, 10: 300, 100: 600, 1_000: 2_000, 10_000: 10_000 };

interface Case {
  readonly lengths: readonly number[];
  readonly concurrency: number;
  readonly budget: BudgetOptions;
  readonly maxTokens?: number;
  readonly tokensPerSecond?: number;
}

async function run(
  { lengths, concurrency, budget, maxTokens, tokensPerSecond }: Case,
): Promise<Summary> {
  const provider = virtualProvider({
    latency: 1_000,
    tokensPerSecond,
    respond: (_, n) => ({ text: "ok", usage: used(INPUT, lengths[n]!) }),
  });
  const A = defineAgent({ name: "a", model: "m", prompt, provider, maxTokens });
  const calls = lengths.map(() => [A, { x: "x" }] as const);
  const time = virtualTime({ seed: 1 });
  return summarize(await time.run(() => batch(calls, { concurrency, budget })));
}

/** Returns the price of these output tokens, in dollars or in tokens. */
function priceOf(unit: "cost" | "tokens", output: number): number {
  return unit === "tokens" ? INPUT + output : (INPUT * PRICE.input + output * PRICE.output) / 1e6;
}

async function assertHolds(
  distribution: Lengths,
  options: Omit<Case, "lengths" | "budget">,
  unit: "cost" | "tokens",
  share: "few" | "half",
): Promise<void> {
  const { concurrency, maxTokens } = options;
  const lengths = drawLengths(distribution, CALLS[concurrency as keyof typeof CALLS]);
  const total = lengths.reduce((sum, length) => sum + priceOf(unit, length), 0);
  const limit = Math.round((share === "few" ? 20 / lengths.length : 0.5) * total * 1e6) / 1e6;
  const amount = unit === "tokens" ? Math.round(limit) : limit;
  const longest = priceOf(unit, Math.max(...lengths));
  const { usage, cost, byError } = await run({ ...options, lengths, budget: { [unit]: amount } });
  const spent = unit === "tokens" ? usage.totalTokens : cost?.total ?? 0;
  const most = maxTokens === undefined ? amount + HANDFUL * longest : amount;
  assert(spent <= most * (1 + 1e-9), `${spent} of ${amount} ${unit} at ${concurrency}`);
  assert((byError.budget ?? 0) > 0, "the budget ended the run");
  // What is left is less than another reservation.
  const least = amount - (maxTokens === undefined ? longest : priceOf(unit, maxTokens) * 1.01 + 50);
  assert(spent >= least, `only ${spent} of ${amount} ${unit} at ${concurrency}`);
}

for (const [name, distribution] of Object.entries(LENGTHS)) {
  for (const unit of ["cost", "tokens"] as const) {
    Deno.test(`budget of ${unit}: holds for answers with ${name} lengths`, async () => {
      using _ = configured({ prices: { m: PRICE } });
      for (const concurrency of [1, 10, 100, 1_000]) {
        const max = Math.max(...drawLengths(distribution, CALLS[concurrency as 1]));
        for (const share of ["few", "half"] as const) {
          await assertHolds(distribution, { concurrency }, unit, share);
          await assertHolds(distribution, { concurrency, maxTokens: max }, unit, share);
        }
      }
      // Most time is spent on these, so that each distribution has two of the eight.
      const share = unit === "cost" ? "half" : "few";
      await assertHolds(distribution, { concurrency: 10_000 }, unit, share);
    });
  }

  Deno.test(`budget: holds for ${name} lengths if long answers take longer`, async () => {
    using _ = configured({ prices: { m: PRICE } });
    for (const concurrency of [10, 100, 1_000]) {
      for (const share of ["few", "half"] as const) {
        await assertHolds(distribution, { concurrency, tokensPerSecond: 50 }, "tokens", share);
      }
    }
  });
}

Deno.test("budget: holds for 10,000 calls at once with maxTokens", async () => {
  using _ = configured({ prices: { m: PRICE } });
  for (const unit of ["cost", "tokens"] as const) {
    const options = { concurrency: 10_000, maxTokens: 8_000 };
    await assertHolds(LENGTHS.bimodal!, options, unit, "half");
  }
});
