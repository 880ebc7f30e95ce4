import type { Context } from "hono";

/** What runtimes pass to an app in addition to the request. */
interface RuntimeEnv {
  /** Deno: the second argument of the handler. */
  readonly remoteAddr?: { readonly hostname?: string };
  /** Node: set by `@hono/node-server`. */
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
  /** Bun: the server. */
  readonly requestIP?: (request: Request) => { readonly address?: string } | null;
}

/**
 * Returns the remote address of the connection, as the runtime reports it; `undefined` where it
 * does not. Headers are not consulted, as clients can forge them.
 */
export function remoteAddress(c: Context): string | undefined {
  const env = (c.env ?? {}) as RuntimeEnv;
  if (typeof env.remoteAddr?.hostname === "string") return env.remoteAddr.hostname;
  const socket = env.incoming?.socket?.remoteAddress;
  if (typeof socket === "string") return socket;
  return typeof env.requestIP === "function" ? env.requestIP(c.req.raw)?.address : undefined;
}
