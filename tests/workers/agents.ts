/** Agents for the tests of modes. They are called on the event loop and in workers. */
import {
  type Agent,
  batch,
  configure,
  defineAgent,
  defineParallel,
  definePipeline,
  defineRouter,
  defineTool,
  type Pipeline,
  type Router,
  type Workflow,
} from "@shoal/agents";
import { z } from "zod";
import { loadedAs, server } from "./server.ts";

loadedAs(import.meta.url);

// deno-lint-ignore no-explicit-any
type Any = any;

const provider = server("late");
const model = "gpt-5-mini";
const retries = { max: 2, base: 1 };

export const Echo: Agent<{ text: string }, string> = defineAgent({
  name: "echo",
  model,
  prompt: "{text}",
  provider,
  retries,
});

export const Prompted: Agent<{ parts: string[] }, string> = defineAgent({
  name: "prompted",
  model,
  system: "Be brief.",
  temperature: 0,
  prompt: ({ parts }: { parts: string[] }) => parts.join(" and "),
  provider,
});

export const Typed: Agent<{ text: string }, { stars: number }> = defineAgent({
  name: "typed",
  model,
  prompt: "{text}",
  output: z.object({ stars: z.int() }),
  provider,
  repair: 0,
});

export const Checked: Agent<{ n: number }, unknown> = defineAgent({
  name: "checked",
  params: z.object({ n: z.int() }),
  run: ({ n }) => n + 1,
});

const double = defineTool({
  name: "double",
  input: z.object({ n: z.number() }),
  run: ({ n }, { metadata }) => ({ doubled: 2 * n, for: metadata }),
});
export const Tooled: Agent<{ text: string }, string> = defineAgent({
  name: "tooled",
  model,
  prompt: "{text}",
  tools: [double],
  provider,
});

export const Sturdy: Agent<{ text: string }, string> = defineAgent({
  name: "sturdy",
  model: "first",
  prompt: "{text}",
  provider,
  retries: 0,
  fallbackModels: ["second"],
});

export const Fragile: Agent<{ text: string }, string> = defineAgent({
  name: "fragile",
  model: "fragile",
  prompt: "{text}",
  provider,
  retries: 0,
  circuitBreaker: { failures: 2, cooldown: 60_000 },
});

export const Narrow: Agent<{ text: string }, string> = defineAgent({
  name: "narrow",
  model,
  prompt: "{text}",
  provider,
  limits: { concurrency: 2 },
});

export const Account: Agent<{ text: string }, string> = defineAgent({
  name: "account",
  model,
  prompt: "{text}",
  provider: server("account", { concurrency: 3 }, "account of the tests"),
});

/** Calls an agent that its definition does not mention. */
export const Hidden: Agent<{ text: string }, string> = defineAgent({
  name: "hidden",
  run: async ({ text }: { text: string }) => (await Inner.call({ text })).content,
});
const Inner = defineAgent({
  name: "inner",
  model,
  prompt: "{text}",
  provider,
  limits: { concurrency: 2 },
});

export const Cached: Agent<{ text: string }, string> = defineAgent({
  name: "cached",
  model,
  prompt: "{text}",
  provider: server("late", undefined, "kept by the tests"),
  cache: { ttl: 60_000 },
});

export const Twice: Agent<{ text: string }, string> = defineAgent({
  name: "twice",
  run: async ({ text }: { text: string }, { call }) => {
    const { content } = await call(Echo, { text });
    return (await call(Echo, { text: `${content} again` })).content;
  },
});

export const Many: Agent<{ texts: string[] }, unknown[]> = defineAgent({
  name: "many",
  run: async ({ texts }: { texts: string[] }) => {
    const calls = texts.map((text) => [Echo, { text }] as const);
    return (await batch(calls, { concurrency: 2 })).map(({ content }) => content);
  },
});

/** An error class that the library does not know. */
export class Odd extends Error {
  override readonly name = "Odd";
  readonly code = "E_ODD";
}
export const Throws: Agent<{ how: string }, never> = defineAgent({
  name: "throws",
  run: ({ how }: { how: string }): never => {
    if (how === "value") throw { how };
    if (how === "odd") throw new Odd("very odd", { cause: new RangeError("too far") });
    throw new TypeError(how);
  },
});

export const Meta: Agent<unknown, unknown> = defineAgent({
  name: "meta",
  run: (_: unknown, { metadata }) => metadata ?? null,
});

export const Identity: Agent<unknown, unknown> = defineAgent({ name: "identity", run: (x) => x });

export const Emits: Agent<{ n: number }, number> = defineAgent({
  name: "emits",
  run: async ({ n }: { n: number }, { emit }) => {
    for (let i = 0; i < n; i++) await emit({ i });
    return n;
  },
});

export const Waits: Agent<{ ms: number }, string> = defineAgent({
  name: "waits",
  run: ({ ms }: { ms: number }, { signal }) =>
    new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => resolve("waited"), ms);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
});

export const Timed: Agent<{ ms: number }, string> = Waits.with({ name: "timed", timeout: 60 });

export const Both: Workflow<{ text: string }, Any, Any> = defineParallel({
  name: "both",
  branches: { one: Echo, two: { agent: Sturdy, optional: true } },
});

export const Chain: Pipeline<{ text: string }, string> = definePipeline({
  name: "chain",
  steps: [Echo, { agent: Prompted, params: (content: string) => ({ parts: [content, "more"] }) }],
});

export const Desk: Router<{ text: string }, string> = defineRouter({
  name: "desk",
  by: Echo,
  routes: { left: Echo, right: Prompted.with({ name: "right" }) as Agent<Any, string> },
  default: Echo,
});

export const more: Agent<Any, Any>[] = [Echo.with({ name: "listed", temperature: 1 })];

configure({ prices: { [model]: { input: 1, output: 2 }, second: { input: 3, output: 4 } } });

/** An agent without a provider: it uses the configured one. */
export const Bare: Agent<{ text: string }, string> = defineAgent({
  name: "bare",
  model,
  prompt: "{text}",
});
