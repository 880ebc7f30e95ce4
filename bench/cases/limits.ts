/**
 * Calls to a server that refuses what is above its limits: each client as its documentation shows it, with its own retries. Everyone
 * may have the same number of calls in flight.
 */
import type { LimitOptions } from "@shoal/agents";
import { type Case, type Cases, range, REVIEW, TASK, TEXT } from "../case.ts";

interface Options {
  readonly n: number;
  readonly concurrency: number;
  readonly url: string;
  /** What the server allows, for clients that can be told. */
  readonly known: { readonly requestsPerMinute?: number; readonly concurrency?: number };
  /** The same in the words of p-queue. */
  readonly queue: { readonly intervalCap?: number; readonly interval?: number };
}

const apiKey = "none";
const model = "bench";
const messages = [{ role: "user" as const, content: TEXT }];

export const CASES: Cases = {
  "limits-shoal": shoal(() => undefined),
  "limits-shoal-adaptive": shoal(() => ({ adaptive: true })),
  "limits-shoal-known": shoal(({ known }) => known),

  "limits-langchain": async ({ n, concurrency, url }: Options) => {
    const { ChatOpenAI } = await import("@langchain/openai");
    const chat = new ChatOpenAI({ model, apiKey, configuration: { baseURL: url } });
    return async () => {
      const inputs = Array.from(range(n), () => TEXT);
      const answers = await chat.batch(inputs, { maxConcurrency: concurrency }, {
        // Without it, the first failure would end the whole batch.
        returnExceptions: true,
      });
      return tally(answers, (answer) => !(answer instanceof Error));
    };
  },
  "limits-ai": async ({ n, concurrency, url }: Options) => {
    const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
    const { generateText } = await import("ai");
    const { default: pLimit } = await import("p-limit");
    const provider = createOpenAICompatible({ name: "bench", apiKey, baseURL: url });
    const limit = pLimit(concurrency);
    const ask = () => generateText({ model: provider(model), prompt: TEXT });
    return () => settle(range(n), () => limit(ask));
  },
  "limits-sdk-queue": async ({ n, concurrency, url, known, queue: rates }: Options) => {
    const { OpenAI } = await import("openai");
    const { default: PQueue } = await import("p-queue");
    const client = new OpenAI({ baseURL: url, apiKey });
    const queue = new PQueue({ concurrency: known.concurrency ?? concurrency, ...rates });
    const ask = () => client.chat.completions.create({ model, messages });
    return () => settle(range(n), () => queue.add(ask));
  },
  "limits-sdk": async ({ n, concurrency, url }: Options) => {
    const { OpenAI } = await import("openai");
    const { default: pLimit } = await import("p-limit");
    const client = new OpenAI({ baseURL: url, apiKey });
    const limit = pLimit(concurrency);
    const ask = () => client.chat.completions.create({ model, messages });
    return () => settle(range(n), () => limit(ask));
  },
};

function shoal(limitsOf: (options: Options) => LimitOptions | undefined): Case {
  return async (options: Options) => {
    const { batch, configure, defineAgent } = await import("@shoal/agents");
    const { openai } = await import("@shoal/agents/openai");
    const { n, concurrency, url } = options;
    configure({
      model,
      provider: openai({ baseURL: url, apiKey, limits: limitsOf(options) }),
      // The public price list would be loaded while the clock runs.
      prices: { [model]: { input: 1, output: 1 } },
    });
    const Label = defineAgent({ name: "label", prompt: `${TASK} {text}` });
    return async () => {
      const calls = Array.from(range(n), () => [Label, { text: REVIEW }] as const);
      return tally(await batch(calls, { concurrency }), ({ ok }) => ok);
    };
  };
}

/** Waits for all of them, whatever becomes of each. */
async function settle(
  items: Iterable<number>,
  ask: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const outcomes = await Promise.allSettled(Array.from(items, ask));
  return tally(outcomes, ({ status }) => status === "fulfilled");
}

function tally<T>(outcomes: readonly T[], isOk: (outcome: T) => boolean): Record<string, number> {
  const failed = outcomes.filter((outcome) => !isOk(outcome));
  // That is no limit: something is broken.
  if (failed.length === outcomes.length) {
    throw new Error("nothing was completed", { cause: failed[0] });
  }
  // Whoever runs a case by hand sees why.
  if (failed.length > 0) console.error(failed[0]);
  return { completed: outcomes.length - failed.length, failed: failed.length };
}
