/** Calls to a server that takes its time and refuses nothing. */
import { configure, defineAgent, stream } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import OpenAI from "openai";
import pLimit from "p-limit";
import { type Cases, range, REVIEW, TASK, TEXT, type Work } from "../case.ts";

interface Options {
  readonly n: number;
  readonly concurrency: number;
  readonly url: string;
  readonly caCert?: string;
  readonly connections?: number;
}

const messages = [{ role: "user" as const, content: TEXT }];

export const CASES: Cases = {
  "calls-shoal": async ({ n, concurrency, url, caCert, connections }: Options) => {
    const provider = openai({
      baseURL: url,
      apiKey: "none",
      connections,
      caCerts: caCert === undefined ? undefined : [await Deno.readTextFile(caCert)],
    });
    configure({ provider, model: "bench", prices: { bench: { input: 1, output: 1 } }, retries: 0 });
    const Label = defineAgent({ name: "label", prompt: `${TASK} {text}` });
    return await warm(caCert, async () => {
      const calls = Array.from(range(n), () => [Label, { text: REVIEW }] as const);
      for await (const { result } of stream(calls, { concurrency })) {
        if (!result.ok) throw result.error;
      }
    });
  },
  "calls-sdk": ({ n, concurrency, url }: Options) => {
    const client = new OpenAI({ baseURL: url, apiKey: "none", maxRetries: 0 });
    const limit = pLimit(concurrency);
    const ask = () => client.chat.completions.create({ model: "bench", messages });
    return async () => {
      await Promise.all(Array.from(range(n), () => limit(ask)));
    };
  },
  "calls-fetch": async ({ n, concurrency, url, caCert }: Options) => {
    const client = caCert === undefined
      ? undefined
      : Deno.createHttpClient({ caCerts: [await Deno.readTextFile(caCert)] });
    const limit = pLimit(concurrency);
    const ask = async (): Promise<void> => {
      const response = await fetch(`${url}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer none" },
        body: JSON.stringify({ model: "bench", messages }),
        client,
      });
      if (!response.ok) throw new Error(`status ${response.status}`);
      await response.json();
    };
    return await warm(caCert, async () => {
      await Promise.all(Array.from(range(n), () => limit(ask)));
    });
  },
};

/** Over TLS the handshakes are not what is measured: the work has been done once before. */
async function warm(caCert: string | undefined, work: Work): Promise<Work> {
  if (caCert !== undefined) await work();
  return work;
}
