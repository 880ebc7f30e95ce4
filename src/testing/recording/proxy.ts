import { withoutSlash } from "./endpoint.ts";

/** A server on 127.0.0.1 that passes every request on. */
export interface Proxy {
  /** Its base URL. */
  readonly url: string;
  /** Stops listening, once all answers are complete or their clients are gone. */
  close(): Promise<void>;
}

/** Headers of one connection, which are not passed on. */
const HOP_BY_HOP = [
  "accept-encoding",
  "connection",
  "content-length",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** Starts a server that sends each request to the base URL. */
export function openProxy(send: typeof fetch, baseURL: string, port: number): Proxy {
  const base = new URL(baseURL);
  const target = withoutSlash(base.origin + base.pathname);
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port,
    onListen: () => {},
    // The client sees a connection that breaks, as it would without the proxy.
    onError: () => new Response(null, { status: 502 }),
  }, async (request) => {
    const { pathname, search, searchParams } = new URL(request.url);
    // Azure's base URL may have a query of its own.
    const query = [...base.searchParams].filter(([name]) => !searchParams.has(name));
    const more = new URLSearchParams(query).toString();
    const joined = more === "" ? search : `${search}${search === "" ? "?" : "&"}${more}`;
    const headers = new Headers(request.headers);
    for (const name of HOP_BY_HOP) headers.delete(name);
    try {
      // A client that disconnects cancels the body. Before the headers it is not noticed: Deno
      // warns when the signal of a request is read, and the answer is recorded all the same.
      return await send(`${target}${pathname.replace(/^\/v1(?=\/|$)/, "")}${joined}`, {
        method: request.method,
        headers,
        body: request.body === null ? undefined : await request.arrayBuffer(),
        redirect: "manual",
      });
    } catch (thrown) {
      return Response.json({
        error: {
          message: `the recorder could not reach ${target}: ${(thrown as Error).message}`,
          type: "recorder_unreachable",
        },
      }, { status: 502 });
    }
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/v1`,
    close: () => server.shutdown(),
  };
}
