/** A stream over a generator: the heap must not grow with the number of calls. */
import { configure, defineAgent, stream } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { type Cases, range } from "../case.ts";

interface Options {
  readonly n: number;
  readonly concurrency: number;
}

export const CASES: Cases = {
  "stream-scripted": ({ n, concurrency }: Options) => {
    const Echo = defineAgent({
      name: "echo",
      model: "bench",
      prompt: "{i}",
      provider: scripted("ok", { keep: 0 }),
    });
    configure({ prices: { bench: { input: 1, output: 1 } } });
    function* calls() {
      for (const i of range(n)) yield [Echo, { i }] as const;
    }
    return async () => {
      let seen = 0;
      let early = 0;
      for await (const { result } of stream(calls(), { concurrency })) {
        if (!result.ok) throw result.error;
        if (++seen === 10_000) early = heapMB();
      }
      return { earlyMB: early, lateMB: heapMB(), seen };
    };
  },
};

const collect = (globalThis as { gc?: () => void }).gc ?? (() => {});

function heapMB(): number {
  collect();
  return Deno.memoryUsage().heapUsed / 1e6;
}
