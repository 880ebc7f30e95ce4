/** The agent that the command line runs: it answers from memory, and at once. */
import { configure, defineAgent } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";

/** Who is told of each request: how many came before it. */
export const observer: { onRequest?: (n: number) => void } = {};

configure({ prices: { bench: { input: 1, output: 1 } } });

/** Says "ok". */
export const Echo = defineAgent({
  name: "echo",
  model: "bench",
  prompt: "{text}",
  provider: scripted((_, n) => {
    observer.onRequest?.(n);
    return "ok";
  }, { keep: 0 }),
});
