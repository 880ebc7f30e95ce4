/** The agents of `workers.ts`: the module that each worker loads. */
import { createHash } from "node:crypto";
import { type Agent, defineAgent } from "@shoal/agents";

/** Computes for a while, as parsing or embedding a document does: hashes all pairs of words. */
export const Sketch: Agent<{ text: string }, string[]> = defineAgent({
  name: "sketch",
  run: ({ text }: { text: string }) => {
    const words = text.split(/\W+/);
    const pairs = words.flatMap((a) => words.map((b) => `${a} ${b}`));
    const hashes = pairs.map((pair) => createHash("sha256").update(pair).digest("hex"));
    return hashes.sort().slice(0, 4);
  },
});

/** Calls a model, then computes. */
export const Digest: Agent<{ text: string }, { summary: string; sketch: string[] }> = defineAgent({
  name: "digest",
  run: async ({ text }: { text: string }, { call }) => {
    const { content: summary } = await call(Summary, { text });
    const { content: sketch } = await call(Sketch, { text });
    return { summary, sketch };
  },
});

const Summary = defineAgent({ name: "summary", prompt: "Summarise this review: {text}" });
