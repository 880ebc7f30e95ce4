/** Starts the HTTP server of each runtime. */
import type { createAdaptorServer } from "@hono/node-server";
import { runtimeOf } from "../runtime.ts";

/** Answers a request; `env` is what the runtime adds to it, such as the remote address. */
export type AnswerRequest = (request: Request, env?: unknown) => Response | Promise<Response>;

/** Where a server listens. */
export interface ServerAddress {
  /** The name or address of the host. */
  readonly hostname: string;
  /** The port; 0 picks a free one. */
  readonly port: number;
}

/** A running server. */
export interface Server {
  /** The port at which it listens. */
  readonly port: number;
  /** Stops the server. Responses that are being sent have a second to end. */
  close(): Promise<void>;
}

/** The time for responses that are being sent when the server closes, in milliseconds. */
const CLOSE_MS = 1_000;

/**
 * Starts a server. A client that disconnects aborts the signal of its request.
 *
 * @throws If the address cannot be listened at.
 */
export function startServer(handler: AnswerRequest, address: ServerAddress): Promise<Server> {
  const runtime = runtimeOf();
  if (runtime === "deno") return startInDeno(handler, address);
  return runtime === "bun" ? startInBun(handler, address) : startInNode(handler, address);
}

/** The part of `Deno` that is used here: its types do not exist elsewhere. */
interface DenoNamespace {
  serve(
    options: ServerAddress & { readonly signal: AbortSignal; readonly onListen: () => void },
    handler: AnswerRequest,
  ): { readonly addr: { readonly port: number }; shutdown(): Promise<void> };
}

// deno-lint-ignore require-await -- a rejection, as in the other runtimes
async function startInDeno(handler: AnswerRequest, address: ServerAddress): Promise<Server> {
  const { Deno: deno } = globalThis as unknown as { readonly Deno: DenoNamespace };
  const cut = new AbortController();
  const server = deno.serve({ ...address, signal: cut.signal, onListen: () => {} }, handler);
  return {
    port: server.addr.port,
    close: () => closeInTime(server.shutdown(), () => cut.abort()),
  };
}

/** The part of `Bun` that is used here. */
interface BunNamespace {
  serve(
    options: ServerAddress & { readonly fetch: AnswerRequest; readonly idleTimeout: number },
  ): { readonly port: number; stop(closeActiveConnections?: boolean): Promise<void> };
}

// deno-lint-ignore require-await -- a rejection, as in the other runtimes
async function startInBun(fetch: AnswerRequest, address: ServerAddress): Promise<Server> {
  const { Bun: bun } = globalThis as unknown as { readonly Bun: BunNamespace };
  // By default, a call that takes longer than 10 seconds loses its connection.
  const server = bun.serve({ ...address, fetch, idleTimeout: 0 });
  return {
    port: server.port,
    close: () => closeInTime(server.stop(), () => void server.stop(true)),
  };
}

type NodeServer = Extract<
  ReturnType<typeof createAdaptorServer>,
  { closeAllConnections(): void }
>;

async function startInNode(
  fetch: AnswerRequest,
  { hostname, port }: ServerAddress,
): Promise<Server> {
  const { createAdaptorServer } = await import("@hono/node-server");
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false }) as NodeServer;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, () => resolve());
  });
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return {
    port: (server.address() as { readonly port: number }).port,
    close: () => closeInTime(close(), () => server.closeAllConnections()),
  };
}

/** Resolves once the server is closed, after cutting the connections that remain open. */
async function closeInTime(closed: Promise<void>, cut: () => void): Promise<void> {
  const timer = setTimeout(cut, CLOSE_MS);
  try {
    await closed;
  } finally {
    clearTimeout(timer);
  }
}
