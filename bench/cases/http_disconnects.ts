/** Clients that leave in the middle of their answer: what stays behind in the server. */
import type { Case, Cases } from "../measure/case.ts";
import { heapMB, tidy } from "../measure/memory.ts";
import { STREAMING, TOKEN } from "./http_apps.ts";
import { SAID } from "./http_timed_stream.ts";
import { type Stage, stageOf } from "./http_setup.ts";

interface Options {
  /** How many clients leave. */
  readonly clients: number;
  /** So many of them at a time. */
  readonly concurrency: number;
  /** So many before, to be warm. */
  readonly warm: number;
}

/** An answer takes so long that everybody leaves before. */
const ANSWER_MS = 1_500;
/** A delta comes after so many: a whole answer would take seconds. */
const DELTA_MS = 100;
/** After so many milliseconds to twice as many. */
const AFTER_MS = 150;

const left = (streamed: boolean) => async (options: Options): Promise<Case> => {
  const stage = await stageOf(STREAMING.routes, {
    latency: streamed ? 0 : ANSWER_MS,
    ...(streamed && { text: SAID, chunkSize: 1 }),
  });
  if (streamed) await stage.model.pace(DELTA_MS);
  const { callers, model, target } = stage;
  const route = target(streamed ? "/label/stream" : "/label");
  const leave = async (clients: number) => {
    const task = { concurrency: options.concurrency, streamed, after: AFTER_MS };
    const { left, failed } = await callers.leave({ ...route, ...task, clients });
    return { left, failed, ...await settled(stage) };
  };
  let heapBefore = NaN;
  return {
    warm: () => leave(options.warm),
    start: async () => {
      await tidy();
      heapBefore = heapMB();
      await model.reset();
      return {};
    },
    work: async () => {
      const { rssBefore, ...found } = { rssBefore: rssMB(), ...await leave(options.clients) };
      await tidy();
      return {
        ...found,
        brokenOff: (await model.stats()).aborted,
        asked: (await model.stats()).requests,
        heapGrownMB: heapMB() - heapBefore,
        rssGrownMB: rssMB() - rssBefore,
      };
    },
    end: stage.end,
  };
};

export const CASES: Cases = { json: left(false), events: left(true) };

function rssMB(): number {
  return Deno.memoryUsage().rss / 2 ** 20;
}

/** Waits until nothing is in flight any more; tells what is nevertheless, and how long it took. */
async function settled({ target, model }: Stage): Promise<Record<string, number>> {
  const began = performance.now();
  for (;;) {
    const metrics = await fetch(target("/metrics").url, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const text = await metrics.text();
    const calls = gauge(text, 'shoal_calls_in_flight{agent="label"}');
    const requests = gauge(text, "shoal_runs_in_flight");
    const atModel = (await model.stats()).inFlight;
    const settledMs = performance.now() - began;
    const isSettled = calls + requests + atModel === 0;
    if (isSettled || settledMs > PATIENCE_MS) return { calls, requests, atModel, settledMs };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What is still in flight then stays. */
const PATIENCE_MS = 10_000;

/** The value of a metric. */
function gauge(text: string, name: string): number {
  const line = text.split("\n").find((line) => line.startsWith(`${name} `));
  if (line === undefined) throw new Error(`there is no ${name} in the metrics`);
  return Number(line.slice(name.length));
}
