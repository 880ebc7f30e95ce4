/** What Shoal costs by itself: calls to a model in memory, beside the same sleep in the plainest pool there is. */
import { configure, defineAgent, stream } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { type Cases, runLanes, type Load, range } from "../measure/case.ts";
import { heapMB } from "../measure/memory.ts";

interface Options extends Load {
  /** How long an answer takes. */
  readonly ms: number;
  /** After so many calls the heap and the clock are read, too. */
  readonly marks?: readonly number[];
  /** Shall be looked beforehand how much is alive in the heap while so many are in flight? */
  readonly wave?: boolean;
}

/** What is done before, to be warm. */
const WARM: Load = { n: 20_000, concurrency: 100 };

export const CASES: Cases = {
  bare: ({ n, concurrency, ms, wave }: Options) => ({
    warm: () => runLanes(WARM, () => sleep(1)),
    ...(wave && {
      start: () => measureLiveHeap((ms) => runLanes({ n: concurrency, concurrency }, () => sleep(ms))),
    }),
    work: () => runLanes({ n, concurrency }, () => sleep(ms)),
  }),

  shoal: ({ n, concurrency, ms, wave, marks = [] }: Options) => {
    configure({ prices: { bench: { input: 1, output: 1 } } });
    const echo = (latency: number) =>
      defineAgent({
        name: "echo",
        model: "bench",
        prompt: "{i}",
        provider: scripted("ok", { latency, keep: 0 }),
      });
    const run = async (
      { n, concurrency }: Load,
      latency: number,
      onDone?: (done: number) => void,
    ) => {
      const Echo = echo(latency);
      function* calls() {
        for (const i of range(n)) yield [Echo, { i }] as const;
      }
      let done = 0;
      let failed = 0;
      for await (const { result } of stream(calls(), { concurrency })) {
        if (!result.ok) failed++;
        done++;
        onDone?.(done);
      }
      if (done !== n) throw new Error(`only ${done} of ${n} calls came to an end`);
      return failed;
    };
    return {
      warm: () => run(WARM, ms === 0 ? 0 : 1),
      ...(wave && { start: () => measureLiveHeap((ms) => run({ n: concurrency, concurrency }, ms)) }),
      work: async () => {
        const found: Record<string, number> = {};
        const began = performance.now();
        let paused = 0;
        const failed = await run({ n, concurrency }, ms, (done) => {
          if (!marks.includes(done)) return;
          const now = performance.now();
          found[`ms${done}`] = now - began - paused;
          found[`heapMB${done}`] = heapMB();
          // The look at the heap is no part of the work.
          paused += performance.now() - now;
        });
        return { ...found, failed };
      },
    };
  },
};

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** How long the calls of a wave take, and when all of them are in flight. */
const WAVE = { ms: 600, look: 400 };

/** How much more is alive than before when all calls of a wave are in flight. */
async function measureLiveHeap(wave: (ms: number) => Promise<unknown>): Promise<{ liveMB: number }> {
  const before = heapMB();
  let liveMB = NaN;
  const timer = setTimeout(() => liveMB = heapMB() - before, WAVE.look);
  await wave(WAVE.ms);
  clearTimeout(timer);
  return { liveMB };
}
