import type { Context } from "hono";

/** What runtimes hand an app beside the request. */
interface RuntimeEnv {
  /** Deno: the second argument of the handler. */
  readonly remoteAddr?: { readonly hostname?: string };
  /** Node, by `@hono/node-server`. */
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
  /** Bun: the server. */
  readonly requestIP?: (request: Request) => { readonly address?: string } | null;
}

/**
 * The address at the other end of the connection, as the runtime tells it: no header is asked, since clients write those. `undefined`
 * where the runtime does not tell.
 */
export function remoteAddress(c: Context): string | undefined {
  const env = (c.env ?? {}) as RuntimeEnv;
  if (typeof env.remoteAddr?.hostname === "string") return env.remoteAddr.hostname;
  const socket = env.incoming?.socket?.remoteAddress;
  if (typeof socket === "string") return socket;
  return typeof env.requestIP === "function" ? env.requestIP(c.req.raw)?.address : undefined;
}

/** Is it an address of this machine itself? */
export function isLoopback(address: string): boolean {
  const plain = address.toLowerCase().replace(/^\[|\]$/g, "").replace(/^::ffff:/, "");
  return plain === "::1" || /^127(?:\.\d{1,3}){3}$/.test(plain);
}
