/** A server under test in this process, between a model server and callers in processes of their own. */
import { Clients } from "../measure/clients.ts";
import { type Server, startServer } from "../measure/start_server.ts";
import type { ServerOptions } from "../measure/server_process.ts";
import type { Target } from "../clients/target.ts";
import { REVIEW } from "../measure/case.ts";
import { type App, TOKEN } from "./http_apps.ts";

/** All three. */
export interface HttpSetup {
  /** Those who call. */
  readonly callers: Clients;
  /** Who answers in the end. */
  readonly model: Server;
  /** What is called at this path. */
  target(path: string): Target;
  /** Ends all three. */
  end(): Promise<void>;
}

/** Starts all three. */
export async function setUpHttp(app: App, options: ServerOptions): Promise<HttpSetup> {
  const callers = new Clients();
  const model = await startServer(options);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    await app(model.url),
  );
  return {
    callers,
    model,
    target: (path) => ({
      url: `http://127.0.0.1:${server.addr.port}${path}`,
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify({ text: REVIEW }),
    }),
    async end() {
      await callers[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
      await server.shutdown();
    },
  };
}
