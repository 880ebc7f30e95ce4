/** Many streams at once from a server that streams from a model. */
import { type Case, type Cases } from "../measure/case.ts";
import { heapMB } from "../measure/memory.ts";
import { type App, PACE, SAID, STREAMING } from "./http_apps.ts";
import { stageOf } from "./http_stage.ts";

interface Options {
  /** How many clients, all at once. */
  readonly clients: number;
  /** So many before, to be warm. */
  readonly warm: number;
  /** Shall be looked how much is alive in the heap when all streams are open? */
  readonly look?: boolean;
}

const streamed = (app: App) => async ({ clients, warm, look }: Options): Promise<Case> => {
  const { callers, target, model, end } = await stageOf(app, {
    latency: 0,
    text: SAID,
    chunkSize: 1,
    tokensPerSecond: 1_000 / PACE.everyMs,
  });
  const read = (clients: number, onOpen?: () => void) =>
    callers.events({ ...target("/label/stream"), clients, text: SAID }, onOpen);
  return {
    warm: () => read(warm),
    work: async () => {
      const before = look ? heapMB() : NaN;
      let liveMB = NaN;
      const done = await read(clients, look ? () => liveMB = heapMB() - before : undefined);
      return {
        ...done,
        lost: clients * PACE.deltas - done.deltas,
        modelPeak: (await model.stats()).peakInFlight,
        ...(look && { liveMB }),
      };
    },
    end,
  };
};

export const CASES: Cases = Object.fromEntries(
  Object.entries(STREAMING).map(([name, app]) => [name, streamed(app)]),
);
