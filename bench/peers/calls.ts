/** Calls to a server that refuses nothing, by others: each as its documentation shows it, without retries. */
import { type Cases, type Load, range, REVIEW, TASK, TEXT } from "../measure/case.ts";
import { countedCase } from "../measure/call_counter.ts";

interface Options extends Load {
  readonly url: string;
  /** What is done before, to be warm. */
  readonly warm: Load;
}

const apiKey = "none";
const model = "bench";

// Each is loaded only where it is wanted, so that it costs the others no memory.
export const CASES: Cases = {
  sdk: async ({ url, ...loads }: Options) => {
    const { OpenAI } = await import("openai");
    const client = new OpenAI({ baseURL: url, apiKey, maxRetries: 0 });
    const messages = [{ role: "user" as const, content: TEXT }];
    return await limited(loads, () => client.chat.completions.create({ model, messages }));
  },

  langchain: async ({ url, ...loads }: Options) => {
    const { ChatOpenAI } = await import("@langchain/openai");
    const chat = new ChatOpenAI({ model, apiKey, maxRetries: 0, configuration: { baseURL: url } });
    return countedCase(loads, async ({ n, concurrency }, tally) => {
      const inputs = Array.from(range(n), () => TEXT);
      const answers = await chat.batch(inputs, { maxConcurrency: concurrency }, {
        // Without it, the first failure would end the whole batch.
        returnExceptions: true,
      });
      for (const answer of answers) tally.add(answer instanceof Error ? answer : undefined);
    });
  },

  ai: async ({ url, ...loads }: Options) => {
    const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
    const { generateText } = await import("ai");
    const provider = createOpenAICompatible({ name: "bench", apiKey, baseURL: url });
    return await limited(
      loads,
      () => generateText({ model: provider(model), prompt: TEXT, maxRetries: 0 }),
    );
  },

  agents: async ({ url, ...loads }: Options) => {
    const { Agent, OpenAIProvider, Runner } = await import("@openai/agents");
    const modelProvider = new OpenAIProvider({ apiKey, baseURL: url, useResponses: false });
    const runner = new Runner({ modelProvider, tracingDisabled: true });
    const agent = new Agent({ name: "label", instructions: TASK, model });
    return await limited(loads, () => runner.run(agent, REVIEW));
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
    return await limited(loads, () => agent.generate(REVIEW));
  },

  effect: async ({ url, ...loads }: Options) => {
    const { Effect } = await import("effect");
    const { OpenAI } = await import("openai");
    const client = new OpenAI({ baseURL: url, apiKey, maxRetries: 0 });
    const messages = [{ role: "user" as const, content: TEXT }];
    const ask = Effect.tryPromise(() => client.chat.completions.create({ model, messages }));
    return countedCase(loads, ({ n, concurrency }, tally) =>
      Effect.runPromise(
        Effect.forEach(
          range(n),
          () => Effect.match(ask, { onFailure: tally.add, onSuccess: () => tally.add() }),
          { concurrency, discard: true },
        ),
      ));
  },
};

/** What has no pool of its own gets p-limit. */
async function limited(
  loads: Omit<Options, "url">,
  ask: () => PromiseLike<unknown>,
) {
  const { default: pLimit } = await import("p-limit");
  return countedCase(loads, ({ n, concurrency }, tally) => {
    const limit = pLimit(concurrency);
    return Promise.all(Array.from(range(n), () => tally.count(limit(ask))));
  });
}
