/**
 * Sends hundreds of product reviews through three agents at once: sentiment, summary and
 * category.
 *
 *     deno task demo                      a local simulator answers: no key needed
 *     OPENAI_API_KEY=… deno task demo     uses OpenAI, or OPENAI_BASE_URL and OPENAI_MODEL
 *     deno task demo --concurrency 300
 *
 * Ctrl-C stops the run, prints the results until then, and exits with 130.
 */
import {
  configure,
  defineAgent,
  defineParallel,
  type ProgressReport,
  stream,
  summarize,
} from "@shoal/agents";
import type { Result } from "@shoal/agents";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { z } from "zod";
import { answerReview } from "./_lexicon/answer_review.ts";
import { exampleProvider } from "./_provider.ts";

const CATEGORIES = [
  "electronics",
  "kitchen",
  "clothing",
  "books",
  "toys",
  "garden",
  "beauty",
  "sports",
  "other",
] as const;

const Sentiment = defineAgent({
  name: "sentiment",
  system: "Label the sentiment of this review as positive, negative or neutral.",
  prompt: "Review: {stars}/5 stars. {text}",
  output: z.object({ label: z.enum(["positive", "negative", "neutral"]) }),
});
const Summary = defineAgent({
  name: "summary",
  system: "Summarise this review in at most 12 words.",
  prompt: "Review: {text}",
  maxTokens: 60,
});
const Category = defineAgent({
  name: "category",
  system: `Name the product category of this review, one of: ${CATEGORIES.join(", ")}.`,
  prompt: "Product: {product}\nReview: {text}",
  output: z.object({ category: z.enum(CATEGORIES) }),
});
const ReviewAnalyzer = defineParallel({
  name: "review-analyzer",
  branches: {
    sentiment: Sentiment,
    summary: { agent: Summary, optional: true },
    category: Category,
  },
});

/** A line of the file. A type, not an interface: params need an implicit index signature. */
type Review = {
  readonly id: string;
  readonly product: string;
  readonly stars: number;
  readonly text: string;
};

const file = new URL("./data/reviews.jsonl", import.meta.url);
const reviews: Review[] = (await readFile(file, "utf8")).trim().split("\n").map((line) =>
  JSON.parse(line)
);
const concurrency = readConcurrency(process.argv.slice(2));

// Simulates a busy model: usually half a second, sometimes three, with faults that retries cover.
await using example = exampleProvider({
  latency: { p50: 500, p99: 3_000 },
  faults: { rateLimit: 0.02, error503: 0.01, reset: 0.005 },
  respond: answerReview,
});
configure({
  provider: example.provider,
  model: example.model,
  retries: 5,
  timeout: { attempt: 60_000 },
});

console.error(
  example.simulator === undefined
    ? `Model: ${example.model}.`
    : "OPENAI_API_KEY is not set: a local simulator answers. " +
      `Costs are what ${example.model} would cost.`,
);
console.error(
  `${reviews.length} reviews × 3 agents, concurrency ${concurrency}. Ctrl-C stops.\n`,
);

const stop = new AbortController();
const onInterrupt = (): void => stop.abort();
process.on("SIGINT", onInterrupt);

let lastLine = -Infinity;
const began = performance.now();
const results: Result[] = [];
const rows: string[] = [];
const labels: Record<string, number> = {};
let interrupted = false;
try {
  const calls = reviews.map((review) => [ReviewAnalyzer, review] as const);
  const options = { concurrency, signal: stop.signal, onProgress: showProgress };
  for await (const { result, index } of stream(calls, options)) {
    results.push(result);
    if (!result.ok) continue;
    const { sentiment, summary, category } = result.content;
    labels[sentiment.label] = (labels[sentiment.label] ?? 0) + 1;
    if (index % 25 === 0) {
      const { id, stars, text } = reviews[index]!;
      const words = summary ?? text.slice(0, 60);
      rows.push(
        `${id}  ${"★".repeat(stars).padEnd(5, "·")}  ${sentiment.label.padEnd(8)}  ${
          category.category.padEnd(11)
        }  ${words}`,
      );
    }
  }
} catch (error) {
  if (!stop.signal.aborted) throw error;
  interrupted = true;
} finally {
  process.off("SIGINT", onInterrupt);
}
const seconds = (performance.now() - began) / 1000;

const { ok, failed, attempts, usage, cost, byError, durationMs, verdict } = summarize(results);
const waited = results.reduce((sum, { timing }) => sum + timing.modelMs, 0) / 1000;
console.error();
if (rows.length > 0) console.log(`Every 25th review:\n${rows.sort().join("\n")}\n`);
const summary = {
  reviews: `${ok} ok, ${failed} failed${
    interrupted ? `, ${reviews.length - ok - failed} not done` : ""
  }`,
  ...(failed > 0 && {
    errors: JSON.stringify(byError),
    "first error": results.find(({ error }) => error)?.error?.message,
  }),
  ...(ok > 0 && { labels: Object.entries(labels).map(([label, n]) => `${n} ${label}`).join(", ") }),
  requests: `${attempts}, including retries`,
  tokens: `${usage.inputTokens} in, ${usage.outputTokens} out`,
  cost: cost === undefined ? "unknown" : `$${cost.total.toFixed(4)}`,
  "one review": `${Math.round(durationMs.p50)} ms median, ${Math.round(durationMs.p95)} ms p95`,
  why: verdict,
  time: `${seconds.toFixed(1)} s; one call at a time: ${waited.toFixed(0)} s`,
};
for (const [name, value] of Object.entries(summary)) console.log(`${name.padEnd(11)} ${value}`);
if (ok === 0) process.exitCode = 1;
if (interrupted) {
  console.error("Stopped.");
  await example[Symbol.asyncDispose]();
  process.exit(130);
}

/** Redraws one line on a terminal; prints a line every 2 seconds elsewhere. */
function showProgress(progress: ProgressReport): void {
  const { done, total, failed, inFlight, tokens, cost, perSecond, etaMs } = progress;
  const line =
    `${done}/${total} done, ${failed} failed, ${inFlight} in flight, ${perSecond.toFixed(0)}/s, ` +
    `${tokens} tokens, $${(cost ?? 0).toFixed(4)}, ${
      etaMs === undefined ? "…" : `${(etaMs / 1000).toFixed(0)} s left`
    }`;
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\x1b[K${line}${done === total ? "\n" : ""}`);
  } else if (done === total || performance.now() - lastLine > 2_000) {
    lastLine = performance.now();
    console.error(line);
  }
}

/** Reads `--concurrency`; the default is 100. */
function readConcurrency(args: readonly string[]): number {
  const given = args[args.indexOf("--concurrency") + 1];
  return args.includes("--concurrency") ? Number(given) : 100;
}
