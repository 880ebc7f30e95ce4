/** The agent that the command line runs: it answers from memory, without latency. */
import { configure, defineAgent } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";

/** Observes the requests; `n` is the index of a request, from 0. */
export const observer: { onRequest?: (n: number) => void } = {};

configure({ prices: { bench: { input: 1, output: 1 } } });

/** Answers "ok". */
export const Echo = defineAgent({
  name: "echo",
  model: "bench",
  prompt: "{text}",
  provider: scripted((_, n) => {
    observer.onRequest?.(n);
    return "ok";
  }, { keep: 0 }),
});
