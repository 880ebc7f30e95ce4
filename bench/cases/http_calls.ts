/** Calls to a server that calls a model: what the server takes. */
import type { Case, Cases, Load } from "../measure/case.ts";
import { JSON_APPS, type App } from "./http_apps.ts";
import { setUpHttp } from "./http_setup.ts";

interface Options extends Load {
  /** What is done before, to be warm. */
  readonly warm: Load;
}

const callsCase = (app: App) => async ({ n, concurrency, warm }: Options): Promise<Case> => {
  const { callers, target, end } = await setUpHttp(app, { latency: 0 });
  const calls = (load: Load) => callers.makeCalls({ ...target("/label"), ...load });
  return {
    warm: () => calls(warm),
    work: async () => ({ ...await calls({ n, concurrency }) }),
    end,
  };
};

export const CASES: Cases = Object.fromEntries(
  Object.entries(JSON_APPS).map(([name, app]) => [name, callsCase(app)]),
);
