/** Many streams at once through a server that streams from a model. */
import type { Case, Cases } from "../measure/case.ts";
import { buffersMB, heapMB } from "../measure/memory.ts";
import { type App, STREAM_APPS } from "./http_apps.ts";
import { DELTAS, pace, STREAM_TEXT } from "./http_timed_stream.ts";
import { setUpHttp } from "./http_setup.ts";

interface Options {
  /** The number of clients, all at once. */
  readonly clients: number;
  /** Milliseconds between two deltas. */
  readonly everyMs: number;
  /** The number of clients of the warm-up, whose deltas follow faster. */
  readonly warm: number;
}

const WARM_EVERY_MS = 20;

const streamsCase = (app: App) => async ({ clients, everyMs, warm }: Options): Promise<Case> => {
  const { clients: httpClients, target, model, end } = await setUpHttp(app, {
    latency: 0,
    text: STREAM_TEXT,
    chunkSize: 1,
  });
  const read = async (clients: number, everyMs: number, onOpen?: () => void) => {
    pace.everyMs = everyMs;
    await model.setTokenInterval(everyMs);
    return await httpClients.readStreams(
      { ...target("/label/stream"), clients, text: STREAM_TEXT },
      onOpen,
    );
  };
  return {
    warm: () => read(warm, WARM_EVERY_MS),
    work: async () => {
      const liveMB = () => ({ heapMB: heapMB(), buffersMB: buffersMB() });
      const before = liveMB();
      let open = before;
      const done = await read(clients, everyMs, () => open = liveMB());
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
  Object.entries(STREAM_APPS).map(([name, app]) => [name, streamsCase(app)]),
);
