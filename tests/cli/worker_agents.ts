/** An agent that returns its thread id with the answer of its model. */
import { threadId } from "node:worker_threads";
import { defineAgent } from "@shoal/agents";
import { Sentiment } from "./agents.ts";

export { Sentiment };

export const Where = defineAgent({
  name: "where",
  run: async ({ input }: { input: string }) => {
    const { content } = await Sentiment.call({ input });
    return { thread: threadId, answer: content };
  },
});
