/** Calls to a server that calls a model: what the server takes. */
import type { Case, Cases, Load } from "../measure/case.ts";
import { ANSWERING, type App } from "./http_apps.ts";
import { stageOf } from "./http_setup.ts";

interface Options extends Load {
  /** What is done before, to be warm. */
  readonly warm: Load;
}

const called = (app: App) => async ({ n, concurrency, warm }: Options): Promise<Case> => {
  const { callers, target, end } = await stageOf(app, { latency: 0 });
  const calls = (load: Load) => callers.calls({ ...target("/label"), ...load });
  return {
    warm: () => calls(warm),
    work: async () => ({ ...await calls({ n, concurrency }) }),
    end,
  };
};

export const CASES: Cases = Object.fromEntries(
  Object.entries(ANSWERING).map(([name, app]) => [name, called(app)]),
);
