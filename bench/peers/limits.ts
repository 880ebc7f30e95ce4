/** Calls to a server that refuses what is above its limits, by others: each as its documentation shows it, with its own retries. */
import { type Cases, type Load, range, TEXT } from "../measure/case.ts";
import { countedCase } from "../measure/call_counter.ts";

interface Options extends Load {
  readonly url: string;
  /** What the server allows, for clients that can be told. */
  readonly known: { readonly concurrency?: number };
  /** The same in the words of p-queue. */
  readonly queue: { readonly intervalCap?: number; readonly interval?: number };
}

const apiKey = "none";
const model = "bench";
const messages = [{ role: "user" as const, content: TEXT }];

export const CASES: Cases = {
  langchain: async ({ url, ...load }: Options) => {
    const { ChatOpenAI } = await import("@langchain/openai");
    const chat = new ChatOpenAI({ model, apiKey, configuration: { baseURL: url } });
    return countedCase(load, async ({ n, concurrency }, tally) => {
      const inputs = Array.from(range(n), () => TEXT);
      const answers = await chat.batch(inputs, { maxConcurrency: concurrency }, {
        // Without it, the first failure would end the whole batch.
        returnExceptions: true,
      });
      for (const answer of answers) tally.add(answer instanceof Error ? answer : undefined);
    });
  },

  ai: async ({ url, ...load }: Options) => {
    const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
    const { generateText } = await import("ai");
    const { default: pLimit } = await import("p-limit");
    const provider = createOpenAICompatible({ name: "bench", apiKey, baseURL: url });
    const ask = () => generateText({ model: provider(model), prompt: TEXT });
    return countedCase(load, ({ n, concurrency }, tally) => {
      const limit = pLimit(concurrency);
      return Promise.all(Array.from(range(n), () => tally.count(limit(ask))));
    });
  },

  "sdk-queue": async ({ url, known, queue: rates, ...load }: Options) => {
    const { OpenAI } = await import("openai");
    const { default: PQueue } = await import("p-queue");
    const client = new OpenAI({ baseURL: url, apiKey });
    const ask = () => client.chat.completions.create({ model, messages });
    return countedCase(load, ({ n, concurrency }, tally) => {
      const queue = new PQueue({ concurrency: known.concurrency ?? concurrency, ...rates });
      return Promise.all(Array.from(range(n), () => tally.count(queue.add(ask))));
    });
  },

  sdk: async ({ url, ...load }: Options) => {
    const { OpenAI } = await import("openai");
    const { default: pLimit } = await import("p-limit");
    const client = new OpenAI({ baseURL: url, apiKey });
    const ask = () => client.chat.completions.create({ model, messages });
    return countedCase(load, ({ n, concurrency }, tally) => {
      const limit = pLimit(concurrency);
      return Promise.all(Array.from(range(n), () => tally.count(limit(ask))));
    });
  },
};
