/** Calls to a server that calls a model, and the CPU time of that server. */
import type { Case, Cases, Load } from "../measure/case.ts";
import { type App, JSON_APPS } from "./http_apps.ts";
import { setUpHttp } from "./http_setup.ts";

interface Options extends Load {
  /** The warm-up. */
  readonly warm: Load;
}

const callsCase = (app: App) => async ({ n, concurrency, warm }: Options): Promise<Case> => {
  const { clients, target, end } = await setUpHttp(app, { latency: 0 });
  const calls = (load: Load) => clients.makeCalls({ ...target("/label"), ...load });
  return {
    warm: () => calls(warm),
    work: async () => ({ ...await calls({ n, concurrency }) }),
    end,
  };
};

export const CASES: Cases = Object.fromEntries(
  Object.entries(JSON_APPS).map(([name, app]) => [name, callsCase(app)]),
);
