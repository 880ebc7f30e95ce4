/** Calls to a server with limits by other libraries, each as documented, with its own retries. */
import { type Cases, type Load, range, TEXT } from "../measure/case.ts";
import { countedCase } from "../measure/call_counter.ts";

interface Options extends Load {
  readonly url: string;
  /** The limits of the server, for clients with an option for them. */
  readonly knownLimits: { readonly concurrency?: number };
  /** The same limits as options of p-queue. */
  readonly queueOptions: { readonly intervalCap?: number; readonly interval?: number };
}

const apiKey = "none";
const model = "bench";
const messages = [{ role: "user" as const, content: TEXT }];

export const CASES: Cases = {
  langchain: async ({ url, ...load }: Options) => {
    const { ChatOpenAI } = await import("@langchain/openai");
    const chat = new ChatOpenAI({ model, apiKey, configuration: { baseURL: url } });
    return countedCase(load, async ({ n, concurrency }, counter) => {
      const inputs = Array.from(range(n), () => TEXT);
      const answers = await chat.batch(inputs, { maxConcurrency: concurrency }, {
        // Without this, the first failure would end the batch.
        returnExceptions: true,
      });
      for (const answer of answers) counter.add(answer instanceof Error ? answer : undefined);
    });
  },

  ai: async ({ url, ...load }: Options) => {
    const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
    const { generateText } = await import("ai");
    const { default: pLimit } = await import("p-limit");
    const provider = createOpenAICompatible({ name: "bench", apiKey, baseURL: url });
    const call = () => generateText({ model: provider(model), prompt: TEXT });
    return countedCase(load, ({ n, concurrency }, counter) => {
      const limit = pLimit(concurrency);
      return Promise.all(Array.from(range(n), () => counter.count(limit(call))));
    });
  },

  "sdk-queue": async ({ url, knownLimits, queueOptions, ...load }: Options) => {
    const { OpenAI } = await import("openai");
    const { default: PQueue } = await import("p-queue");
    const client = new OpenAI({ baseURL: url, apiKey });
    const call = () => client.chat.completions.create({ model, messages });
    return countedCase(load, ({ n, concurrency }, counter) => {
      const queue = new PQueue({
        concurrency: knownLimits.concurrency ?? concurrency,
        ...queueOptions,
      });
      return Promise.all(Array.from(range(n), () => counter.count(queue.add(call))));
    });
  },

  sdk: async ({ url, ...load }: Options) => {
    const { OpenAI } = await import("openai");
    const { default: pLimit } = await import("p-limit");
    const client = new OpenAI({ baseURL: url, apiKey });
    const call = () => client.chat.completions.create({ model, messages });
    return countedCase(load, ({ n, concurrency }, counter) => {
      const limit = pLimit(concurrency);
      return Promise.all(Array.from(range(n), () => counter.count(limit(call))));
    });
  },
};
