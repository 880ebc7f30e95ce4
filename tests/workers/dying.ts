/** Agents that end their worker. */
import { type Agent, defineAgent } from "@shoal/agents";
import { loadedAs, server } from "./server.ts";
import process from "node:process";

loadedAs(import.meta.url);

const provider = server("late");
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The ways in which a worker can end. */
export type End = "exit" | "close" | "process" | "throw" | "reject" | "loop" | "memory";

// deno-lint-ignore no-explicit-any
const scope = globalThis as any;

const ENDS: Record<End, () => unknown> = {
  exit: () => "Deno" in scope ? scope.Deno.exit(7) : process.exit(7),
  close: () => scope.close(),
  process: () => process.exit(8),
  throw: () =>
    setTimeout(() => {
      throw new RangeError("nobody catches this", { cause: "a cause" });
    }),
  reject: () => {
    Promise.reject(new TypeError("nobody hears of this"));
  },
  loop: () => {
    for (;;);
  },
  memory: () => {
    // In steps: V8 may end the whole process if a thread of Node fills its memory at once.
    const kept: unknown[] = [];
    setInterval(() => {
      for (let i = 0; i < 10_000; i++) kept.push({ i, list: [i] });
    }, 1);
  },
};

export const Dies: Agent<{ end: End; after?: number }, never> = defineAgent({
  name: "dies",
  run: async ({ end, after = 0 }: { end: End; after?: number }) => {
    await sleep(after);
    await ENDS[end]();
    return await new Promise<never>(() => {});
  },
});

/** Calls a model, then ends its worker. */
export const DiesPaid: Agent<{ text: string }, never> = defineAgent({
  name: "dies-paid",
  run: async ({ text }: { text: string }) => {
    await Echo.call({ text });
    return process.exit(9);
  },
});

export const Echo: Agent<{ text: string }, string> = defineAgent({
  name: "echo",
  model: "gpt-5-mini",
  prompt: "{text}",
  provider,
  retries: 0,
  limits: { concurrency: 1 },
});

/** Waits, then returns how many of its calls have begun in this isolate. */
let begun = 0;
export const Slow: Agent<{ ms: number }, number> = defineAgent({
  name: "slow",
  run: async ({ ms }: { ms: number }) => {
    const n = ++begun;
    await sleep(ms);
    return n;
  },
});

/** Blocks the event loop of its isolate. */
export const Blocks: Agent<{ ms: number }, string> = defineAgent({
  name: "blocks",
  run: ({ ms }: { ms: number }) => {
    const until = performance.now() + ms;
    while (performance.now() < until);
    return "done";
  },
});

/** Has a timeout, which an endless loop ignores. */
export const Limited: Agent<{ end: End }, never> = Dies.with({
  name: "limited",
  timeout: 300,
}) as Agent<{ end: End }, never>;
