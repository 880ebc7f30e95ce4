import { Clients } from "../measure/clients.ts";
import { type Server, startServer } from "../measure/start_server.ts";
import type { ServerOptions } from "../measure/server_process.ts";
import type { Target } from "../clients/target.ts";
import { REVIEW } from "../measure/case.ts";
import { type App, TOKEN } from "./http_apps.ts";

/** A server under test in this process, with its clients and its model in other processes. */
export interface HttpSetup {
  /** The clients of the server. */
  readonly clients: Clients;
  /** The model server, which the server under test calls. */
  readonly model: Server;
  /** Returns the target of requests to this path. */
  target(path: string): Target;
  /** Stops the clients and both servers. */
  end(): Promise<void>;
}

/** Starts the clients and both servers. */
export async function setUpHttp(app: App, options: ServerOptions): Promise<HttpSetup> {
  const clients = new Clients();
  const model = await startServer(options);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    await app(model.url),
  );
  return {
    clients,
    model,
    target: (path) => ({
      url: `http://127.0.0.1:${server.addr.port}${path}`,
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify({ text: REVIEW }),
    }),
    async end() {
      await clients[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
      await server.shutdown();
    },
  };
}
