/** The cost of Shoal itself: calls to a scripted model, compared with sleeps in a plain pool. */
import { configure, defineAgent, stream } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { type Cases, type Load, range, runLanes } from "../measure/case.ts";
import { heapMB } from "../measure/memory.ts";

interface Options extends Load {
  /** The latency of an answer, in milliseconds. */
  readonly ms: number;
  /** Numbers of finished calls at which the time and the heap are read. */
  readonly marks?: readonly number[];
  /** Whether the live heap is measured first, with all of `concurrency` in flight. */
  readonly wave?: boolean;
}

/** The warm-up. */
const WARM: Load = { n: 20_000, concurrency: 100 };

export const CASES: Cases = {
  bare: ({ n, concurrency, ms, wave }: Options) => ({
    warm: () => runLanes(WARM, () => sleep(1)),
    ...(wave && {
      start: () =>
        measureLiveHeap((ms) => runLanes({ n: concurrency, concurrency }, () => sleep(ms))),
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
      if (done !== n) throw new Error(`only ${done} of ${n} calls ended`);
      return failed;
    };
    return {
      warm: () => run(WARM, ms === 0 ? 0 : 1),
      ...(wave &&
        { start: () => measureLiveHeap((ms) => run({ n: concurrency, concurrency }, ms)) }),
      work: async () => {
        const figures: Record<string, number> = {};
        const startedAt = performance.now();
        let paused = 0;
        const failed = await run({ n, concurrency }, ms, (done) => {
          if (!marks.includes(done)) return;
          const now = performance.now();
          figures[`ms${done}`] = now - startedAt - paused;
          figures[`heapMB${done}`] = heapMB();
          // Reading the heap is not part of the work.
          paused += performance.now() - now;
        });
        return { ...figures, failed };
      },
    };
  },
};

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The latency of the calls whose heap is measured, and when all of them are in flight, in ms. */
const WAVE = { latency: 600, measureAt: 400 };

/** Returns how much the live heap has grown when all calls of a wave are in flight. */
async function measureLiveHeap(
  wave: (ms: number) => Promise<unknown>,
): Promise<{ liveMB: number }> {
  const before = heapMB();
  let liveMB = NaN;
  const timer = setTimeout(() => liveMB = heapMB() - before, WAVE.measureAt);
  await wave(WAVE.latency);
  clearTimeout(timer);
  return { liveMB };
}
