/** Calls to a server without limits by other libraries, each as documented, without retries. */
import { type Cases, type Load, range, REVIEW, TASK, TEXT } from "../measure/case.ts";
import { countedCase } from "../measure/call_counter.ts";

interface Options extends Load {
  readonly url: string;
  /** The warm-up. */
  readonly warm: Load;
}

const apiKey = "none";
const model = "bench";

// Each imports only what it needs, so that the others' code costs it no memory.
export const CASES: Cases = {
  sdk: async ({ url, ...loads }: Options) => {
    const { OpenAI } = await import("openai");
    const client = new OpenAI({ baseURL: url, apiKey, maxRetries: 0 });
    const messages = [{ role: "user" as const, content: TEXT }];
    return await withPLimit(loads, () => client.chat.completions.create({ model, messages }));
  },

  langchain: async ({ url, ...loads }: Options) => {
    const { ChatOpenAI } = await import("@langchain/openai");
    const chat = new ChatOpenAI({ model, apiKey, maxRetries: 0, configuration: { baseURL: url } });
    return countedCase(loads, async ({ n, concurrency }, counter) => {
      const inputs = Array.from(range(n), () => TEXT);
      const answers = await chat.batch(inputs, { maxConcurrency: concurrency }, {
        // Without this, the first failure would end the batch.
        returnExceptions: true,
      });
      for (const answer of answers) counter.add(answer instanceof Error ? answer : undefined);
    });
  },

  ai: async ({ url, ...loads }: Options) => {
    const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
    const { generateText } = await import("ai");
    const provider = createOpenAICompatible({ name: "bench", apiKey, baseURL: url });
    return await withPLimit(
      loads,
      () => generateText({ model: provider(model), prompt: TEXT, maxRetries: 0 }),
    );
  },

  agents: async ({ url, ...loads }: Options) => {
    const { Agent, OpenAIProvider, Runner } = await import("@openai/agents");
    const modelProvider = new OpenAIProvider({ apiKey, baseURL: url, useResponses: false });
    const runner = new Runner({ modelProvider, tracingDisabled: true });
    const agent = new Agent({ name: "label", instructions: TASK, model });
    return await withPLimit(loads, () => runner.run(agent, REVIEW));
  },

  mastra: async ({ url, ...loads }: Options) => {
    const { Agent } = await import("@mastra/core/agent");
    const agent = new Agent({
      id: "label",
      name: "label",
      instructions: TASK,
      model: { id: `bench/${model}`, url, apiKey },
      maxRetries: 0,
    });
    return await withPLimit(loads, () => agent.generate(REVIEW));
  },

  effect: async ({ url, ...loads }: Options) => {
    const { Effect } = await import("effect");
    const { OpenAI } = await import("openai");
    const client = new OpenAI({ baseURL: url, apiKey, maxRetries: 0 });
    const messages = [{ role: "user" as const, content: TEXT }];
    const call = Effect.tryPromise(() => client.chat.completions.create({ model, messages }));
    return countedCase(loads, ({ n, concurrency }, counter) =>
      Effect.runPromise(
        Effect.forEach(
          range(n),
          () => Effect.match(call, { onFailure: counter.add, onSuccess: () => counter.add() }),
          { concurrency, discard: true },
        ),
      ));
  },
};

/** Runs calls with p-limit, for libraries without a pool of their own. */
async function withPLimit(
  loads: Omit<Options, "url">,
  call: () => PromiseLike<unknown>,
) {
  const { default: pLimit } = await import("p-limit");
  return countedCase(loads, ({ n, concurrency }, counter) => {
    const limit = pLimit(concurrency);
    return Promise.all(Array.from(range(n), () => counter.count(limit(call))));
  });
}
