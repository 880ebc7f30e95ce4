/**
 * The agents that are called on the event loop and in workers. The main thread and each worker load
 * this file. The query of its URL has the URL of the server, so that workers need no permission to
 * read the environment.
 */
import { defineAgent } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { TASK } from "../measure/case.ts";

const server = new URL(import.meta.url).searchParams.get("server") ?? "http://127.0.0.1:9/v1";

/** Calls the server. */
export const Label = defineAgent({
  name: "label",
  model: "bench",
  prompt: `${TASK} {text}`,
  provider: openai({ baseURL: server, apiKey: "none" }),
  retries: 0,
});

/** Does nothing: a call to it costs only the round trip. */
export const Nothing = defineAgent({ name: "nothing", run: () => Promise.resolve(0) });

/** Keeps a core busy. */
export const Burn = defineAgent({
  name: "burn",
  run: ({ rounds }: { rounds: number }) => Promise.resolve(burn(rounds)),
});

/** Hashes numbers, `rounds` times, and returns the hash. */
export function burn(rounds: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < rounds; i++) {
    hash = Math.imul(hash ^ (i & 0xff), 0x01000193);
    hash ^= hash >>> 13;
  }
  return hash;
}
