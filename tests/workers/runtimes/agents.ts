/** Agents for other runtimes, which load this file as TypeScript. */
import { batch, defineAgent } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { writeFileSync } from "node:fs";
import process from "node:process";

const { UPSTREAM } = process.env;
const provider = openai({ baseURL: UPSTREAM ?? "http://127.0.0.1:9", apiKey: "none" });

export const Echo = defineAgent({
  name: "echo",
  model: "m",
  prompt: "{text}",
  provider,
  retries: 0,
});

export const Many = defineAgent({
  name: "many",
  run: async ({ texts }: { texts: string[] }) => {
    const results = await batch(texts.map((text) => [Echo, { text }] as const));
    return results.map(({ content }) => content);
  },
});

export const Throws = defineAgent({
  name: "throws",
  run: ({ text }: { text: string }): never => {
    throw new RangeError(text, { cause: new TypeError("the cause") });
  },
});

export const Waits = defineAgent({
  name: "waits",
  run: (_: unknown, { signal }) =>
    new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason))
    ),
});

const forever = () => new Promise<never>(() => {});

const ENDS: Record<string, () => unknown> = {
  exit: () => process.exit(7),
  throw: () =>
    setTimeout(() => {
      throw new RangeError("nobody catches this");
    }),
  reject: () => void Promise.reject(new TypeError("nobody handles this")),
  value: () => void Promise.reject("a text"),
  loop: () => {
    for (;;);
  },
  memory: () => {
    const kept: unknown[] = [];
    for (let i = 0;; i++) kept.push({ i, list: [i] });
  },
};

export const Dies = defineAgent({
  name: "dies",
  run: async ({ end }: { end: string }) => {
    await ENDS[end]!();
    return await forever();
  },
});

/** Writes a number into a file as long as its thread runs. */
export const Beats = defineAgent({
  name: "beats",
  run: async ({ file }: { file: string }) => {
    let n = 0;
    await new Promise<void>((resolve) =>
      setInterval(() => {
        writeFileSync(file, String(++n));
        resolve();
      }, 5)
    );
  },
});
