/** Clients that disconnect before they have their response, and what the server keeps of them. */
import type { Case, Cases } from "../measure/case.ts";
import { collectGarbage, heapMB } from "../measure/memory.ts";
import { STREAM_APPS, TOKEN } from "./http_apps.ts";
import { STREAM_TEXT } from "./http_timed_stream.ts";
import { type HttpSetup, setUpHttp } from "./http_setup.ts";

interface Options {
  /** The number of clients that disconnect. */
  readonly clients: number;
  /** The number of clients at a time. */
  readonly concurrency: number;
  /** The number of clients of the warm-up. */
  readonly warm: number;
}

/** The latency of an answer: long enough for every client to disconnect before. */
const ANSWER_MS = 1_500;
/** The time between two deltas: a whole stream takes seconds. */
const DELTA_MS = 100;
/** A client disconnects after this time to twice as much. */
const DISCONNECT_AFTER_MS = 150;
/** What is in flight after this time counts as left behind. */
const IDLE_TIMEOUT_MS = 10_000;

const disconnectsCase = (streamed: boolean) => async (options: Options): Promise<Case> => {
  const setup = await setUpHttp(STREAM_APPS.routes, {
    latency: streamed ? 0 : ANSWER_MS,
    ...(streamed && { text: STREAM_TEXT, chunkSize: 1 }),
  });
  if (streamed) await setup.model.setTokenInterval(DELTA_MS);
  const { clients: httpClients, model, target } = setup;
  const route = target(streamed ? "/label/stream" : "/label");
  const disconnect = async (clients: number) => {
    const result = await httpClients.disconnect({
      ...route,
      clients,
      concurrency: options.concurrency,
      streamed,
      afterMs: DISCONNECT_AFTER_MS,
    });
    return { ...result, ...await waitUntilIdle(setup) };
  };
  let heapBefore = NaN;
  return {
    warm: () => disconnect(options.warm),
    start: async () => {
      await collectGarbage();
      heapBefore = heapMB();
      await model.resetStats();
      return {};
    },
    work: async () => {
      const { rssBefore, ...figures } = {
        rssBefore: rssMB(),
        ...await disconnect(options.clients),
      };
      await collectGarbage();
      return {
        ...figures,
        modelRequests: (await model.stats()).requests,
        modelAborts: (await model.stats()).aborted,
        heapGrownMB: heapMB() - heapBefore,
        rssGrownMB: rssMB() - rssBefore,
      };
    },
    end: setup.end,
  };
};

export const CASES: Cases = { json: disconnectsCase(false), stream: disconnectsCase(true) };

function rssMB(): number {
  return Deno.memoryUsage().rss / 2 ** 20;
}

/**
 * Waits until nothing is in flight. Returns what still is after the timeout, and the time it took.
 */
async function waitUntilIdle({ target, model }: HttpSetup): Promise<Record<string, number>> {
  const startedAt = performance.now();
  for (;;) {
    const metrics = await fetch(target("/metrics").url, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const text = await metrics.text();
    const calls = gaugeValue(text, 'shoal_calls_in_flight{agent="label"}');
    const requests = gaugeValue(text, "shoal_runs_in_flight");
    const modelInFlight = (await model.stats()).inFlight;
    const idleMs = performance.now() - startedAt;
    const isIdle = calls + requests + modelInFlight === 0;
    if (isIdle || idleMs > IDLE_TIMEOUT_MS) return { calls, requests, modelInFlight, idleMs };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Returns the value of a Prometheus metric. */
function gaugeValue(text: string, name: string): number {
  const line = text.split("\n").find((line) => line.startsWith(`${name} `));
  if (line === undefined) throw new Error(`the metrics have no ${name}`);
  return Number(line.slice(name.length));
}
