/** Many streams at once from a server that streams from a model. */
import type { Case, Cases } from "../measure/case.ts";
import { buffersMB, heapMB } from "../measure/memory.ts";
import { type App, STREAMING } from "./http_apps.ts";
import { clock, DELTAS, SAID } from "./http_timed_stream.ts";
import { stageOf } from "./http_setup.ts";

interface Options {
  /** How many clients, all at once. */
  readonly clients: number;
  /** Milliseconds between two deltas. */
  readonly everyMs: number;
  /** So many clients before, to be warm; they get their deltas sooner. */
  readonly warm: number;
}

const WARM_EVERY_MS = 20;

const streamed = (app: App) => async ({ clients, everyMs, warm }: Options): Promise<Case> => {
  const { callers, target, model, end } = await stageOf(app, {
    latency: 0,
    text: SAID,
    chunkSize: 1,
  });
  const read = async (clients: number, everyMs: number, onOpen?: () => void) => {
    clock.everyMs = everyMs;
    await model.pace(everyMs);
    return await callers.events({ ...target("/label/stream"), clients, text: SAID }, onOpen);
  };
  return {
    warm: () => read(warm, WARM_EVERY_MS),
    work: async () => {
      const alive = () => ({ heapMB: heapMB(), buffersMB: buffersMB() });
      const before = alive();
      let open = before;
      const done = await read(clients, everyMs, () => open = alive());
      return {
        ...done,
        lost: clients * DELTAS - done.deltas,
        heapMB: open.heapMB - before.heapMB,
        buffersMB: open.buffersMB - before.buffersMB,
      };
    },
    end,
  };
};

export const CASES: Cases = Object.fromEntries(
  Object.entries(STREAMING).map(([name, app]) => [name, streamed(app)]),
);
