/** Servers of the tests, each the one that users of this runtime have. */
import { createAdaptorServer } from "@hono/node-server";
import type { AddressInfo, Server, Socket } from "node:net";
import { bindPort } from "../src/testing/simulator/http/bind_port.ts";
import { runtime } from "./runtime.ts";

/** A server on the loopback. Disposal waits for its requests, and after 10 s ends them. */
export interface TestServer extends AsyncDisposable {
  /** The URL without a path. */
  readonly url: string;
  readonly port: number;
}

/** Answers a request. The other argument is what the server passes as the environment to Hono. */
export type TestHandler = (request: Request, info: never) => Response | Promise<Response>;

/** Starts a server. */
export function serve(handler: TestHandler): TestServer {
  const { port, shutdown, abort } =
    (runtime === "deno" ? serveOnDeno : runtime === "bun" ? serveOnBun : serveOnNode)(handler);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      const timer = setTimeout(abort, 10_000);
      await shutdown();
      clearTimeout(timer);
    },
  };
}

/** Returns the port of the client, from the second argument of a handler. */
export function remotePort(info: {
  readonly remoteAddr?: { readonly port: number };
  readonly incoming?: { readonly socket: Socket };
  readonly remotePort?: number;
}): number {
  return info.remoteAddr?.port ?? info.incoming?.socket.remotePort ?? info.remotePort!;
}

interface Running {
  readonly port: number;
  shutdown(): Promise<void>;
  abort(): void;
}

function serveOnDeno(handler: TestHandler): Running {
  const controller = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: controller.signal, onListen() {} },
    (request, info) => handler(request, info as never),
  );
  return {
    port: server.addr.port,
    shutdown: () => server.shutdown(),
    abort: () => controller.abort(),
  };
}

function serveOnNode(handler: TestHandler): Running {
  const server = createAdaptorServer({
    fetch: (request, info) => handler(request, info as never),
    overrideGlobalObjects: false,
  }) as Server & { closeAllConnections(): void; closeIdleConnections(): void };
  const port = bindPort(server, 0);
  return {
    port,
    shutdown: () => new Promise((resolve) => server.close(() => resolve())),
    abort: () => server.closeAllConnections(),
  };
}

interface BunServer {
  readonly port: number;
  stop(closesConnections?: boolean): Promise<void>;
  requestIP(request: Request): AddressInfo | null;
}
type ServeOptions = {
  hostname: string;
  port: number;
  idleTimeout: number;
  fetch(request: Request, server: BunServer): Response | Promise<Response>;
};

function serveOnBun(handler: TestHandler): Running {
  const { Bun } = globalThis as unknown as { Bun: { serve(options: ServeOptions): BunServer } };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch: (request, server) =>
      handler(
        request,
        Object.assign(server, { remotePort: server.requestIP(request)?.port }) as never,
      ),
  });
  return { port: server.port, shutdown: () => server.stop(), abort: () => void server.stop(true) };
}
