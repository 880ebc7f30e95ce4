/** Calls to a server without limits: by Shoal, and by the layers below it. */
import { type Cases, type Load, range, REVIEW, runLanes, TASK, TEXT } from "../measure/case.ts";
import { countedCase } from "../measure/call_counter.ts";

interface Options extends Load {
  readonly url: string;
  /** The warm-up. */
  readonly warm: Load;
  /** Whether the answers are streamed. */
  readonly streamed?: boolean;
  readonly caCert?: string;
  /**
   * How often the work is repeated; `medianMs` is the median of the wall times.
   *
   * @default {1}
   */
  readonly repeats?: number;
}

const messages = [{ role: "user" as const, content: TEXT }];

// Each imports only what it needs, so that the others' code costs it no memory.
export const CASES: Cases = {
  shoal: async ({ url, caCert, streamed, ...loads }: Options) => {
    const { configure, defineAgent, stream } = await import("@shoal/agents");
    const { openai } = await import("@shoal/agents/openai");
    const provider = openai({
      baseURL: url,
      apiKey: "none",
      caCerts: caCert === undefined ? undefined : [await Deno.readTextFile(caCert)],
    });
    configure({ provider, model: "bench", prices: { bench: { input: 1, output: 1 } }, retries: 0 });
    const Label = defineAgent({ name: "label", prompt: `${TASK} {text}` });
    function* calls(n: number) {
      for (const _ of range(n)) yield [Label, { text: REVIEW }] as const;
    }
    const onDelta = streamed ? () => {} : undefined;
    return countedCase(loads, async ({ n, concurrency }, counter) => {
      for await (const { result } of stream(calls(n), { concurrency, onDelta })) {
        counter.add(result.error);
      }
    });
  },

  sdk: async ({ url, streamed, ...loads }: Options) => {
    const { OpenAI } = await import("openai");
    const { default: pLimit } = await import("p-limit");
    const client = new OpenAI({ baseURL: url, apiKey: "none", maxRetries: 0 });
    const plainCall = () => client.chat.completions.create({ model: "bench", messages });
    const streamedCall = async () => {
      const stream_options = { include_usage: true };
      const body = { model: "bench", messages, stream: true as const, stream_options };
      for await (const _ of await client.chat.completions.create(body));
    };
    const call: () => PromiseLike<unknown> = streamed ? streamedCall : plainCall;
    return countedCase(loads, ({ n, concurrency }, counter) => {
      const limit = pLimit(concurrency);
      return Promise.all(Array.from(range(n), () => counter.count(limit(call))));
    });
  },

  fetch: async ({ url, caCert, streamed, ...loads }: Options) => {
    const client = caCert === undefined
      ? undefined
      : Deno.createHttpClient({ caCerts: [await Deno.readTextFile(caCert)] });
    const call = async (): Promise<void> => {
      const response = await fetch(`${url}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer none" },
        body: JSON.stringify({ model: "bench", messages, stream: streamed }),
        client,
      });
      if (!response.ok) throw new Error(`status ${response.status}`);
      await (streamed ? readEvents(response.body!) : response.json());
    };
    return countedCase(loads, (load, counter) => runLanes(load, () => counter.count(call())));
  },
};

/** Reads server-sent events with as little code as possible, and returns their text. */
async function readEvents(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  let rest = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + chunk).split("\n\n");
    rest = events.pop()!;
    for (const event of events) {
      const data = event.slice("data: ".length);
      if (data !== "[DONE]") text += JSON.parse(data).choices[0]?.delta.content ?? "";
    }
  }
  if (text === "") throw new Error("the answer is empty");
  return text;
}
