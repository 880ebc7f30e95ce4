/** Clients that leave in the middle of their answer: what stays behind in the server. */
import type { Case, Cases } from "../measure/case.ts";
import { heapMB, collectGarbage } from "../measure/memory.ts";
import { STREAM_APPS, TOKEN } from "./http_apps.ts";
import { STREAM_TEXT } from "./http_timed_stream.ts";
import { type HttpSetup, setUpHttp } from "./http_setup.ts";

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
const DISCONNECT_AFTER_MS = 150;

const disconnectsCase = (streamed: boolean) => async (options: Options): Promise<Case> => {
  const stage = await setUpHttp(STREAM_APPS.routes, {
    latency: streamed ? 0 : ANSWER_MS,
    ...(streamed && { text: STREAM_TEXT, chunkSize: 1 }),
  });
  if (streamed) await stage.model.setTokenInterval(DELTA_MS);
  const { callers, model, target } = stage;
  const route = target(streamed ? "/label/stream" : "/label");
  const leave = async (clients: number) => {
    const task = { concurrency: options.concurrency, streamed, after: DISCONNECT_AFTER_MS };
    const { disconnected: left, failed } = await callers.disconnect({ ...route, ...task, clients });
    return { left, failed, ...await waitUntilIdle(stage) };
  };
  let heapBefore = NaN;
  return {
    warm: () => leave(options.warm),
    start: async () => {
      await collectGarbage();
      heapBefore = heapMB();
      await model.resetStats();
      return {};
    },
    work: async () => {
      const { rssBefore, ...found } = { rssBefore: rssMB(), ...await leave(options.clients) };
      await collectGarbage();
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

export const CASES: Cases = { json: disconnectsCase(false), events: disconnectsCase(true) };

function rssMB(): number {
  return Deno.memoryUsage().rss / 2 ** 20;
}

/** Waits until nothing is in flight any more; tells what is nevertheless, and how long it took. */
async function waitUntilIdle({ target, model }: HttpSetup): Promise<Record<string, number>> {
  const began = performance.now();
  for (;;) {
    const metrics = await fetch(target("/metrics").url, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const text = await metrics.text();
    const calls = gaugeValue(text, 'shoal_calls_in_flight{agent="label"}');
    const requests = gaugeValue(text, "shoal_runs_in_flight");
    const atModel = (await model.stats()).inFlight;
    const settledMs = performance.now() - began;
    const isSettled = calls + requests + atModel === 0;
    if (isSettled || settledMs > IDLE_TIMEOUT_MS) return { calls, requests, atModel, settledMs };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What is still in flight then stays. */
const IDLE_TIMEOUT_MS = 10_000;

/** The value of a metric. */
function gaugeValue(text: string, name: string): number {
  const line = text.split("\n").find((line) => line.startsWith(`${name} `));
  if (line === undefined) throw new Error(`there is no ${name} in the metrics`);
  return Number(line.slice(name.length));
}
