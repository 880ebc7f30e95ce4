/**
 * Access without `auth`: only for the developer, on the same machine. All of these conditions must
 * hold, so that neither a proxy nor a web page in the developer's browser gets access: the process
 * does not run in production, the connection comes from this machine, the request was not
 * forwarded, its host is a name of this machine, and it was not sent by a page of another origin.
 */
import type { Context } from "hono";
import process from "node:process";
import { isLoopback, remoteAddress } from "./remote_address.ts";

/**
 * Headers that proxies add to forwarded requests. A client that forges one is only denied access.
 */
const FORWARDED = [
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-real-ip",
  "cf-connecting-ip",
  "true-client-ip",
  "via",
];

/**
 * Returns why access without `auth` is denied in this process, or `undefined` if it is allowed.
 * Evaluated once, when the routes are created.
 */
export function reasonToDeny(): string | undefined {
  const env = readEnv("NODE_ENV", "DENO_ENV", "DENO_DEPLOYMENT_ID", "DENO_DEPLOY");
  if (env === undefined) {
    return "production cannot be ruled out without the permission to read " +
      "NODE_ENV, DENO_ENV, DENO_DEPLOYMENT_ID and DENO_DEPLOY";
  }
  if (env.NODE_ENV === "production" || env.DENO_ENV === "production") return "this is production";
  if (env.DENO_DEPLOYMENT_ID || env.DENO_DEPLOY) return "this is Deno Deploy";
  return undefined;
}

/** Whether the request was sent from this machine, and not by a page of another origin. */
export function isLocalRequest(c: Context): boolean {
  const address = remoteAddress(c);
  if (address === undefined || !isLoopback(address)) return false;
  const { headers, url } = c.req.raw;
  if (FORWARDED.some((name) => headers.has(name))) return false;
  // With DNS rebinding the attacker's name resolves to this machine, but the name is not local.
  if (!isLocalName(new URL(url).hostname)) return false;
  const host = headers.get("host");
  if (host !== null && !isLocalName(hostnameOf(`http://${host}`))) return false;
  const site = headers.get("sec-fetch-site");
  if (site === "cross-site") return false;
  const origin = headers.get("origin");
  return origin === null || isLocalName(hostnameOf(origin));
}

function isLocalName(name: string | undefined): boolean {
  return name !== undefined &&
    (name === "localhost" || name.endsWith(".localhost") || isLoopback(name));
}

function hostnameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

/** The part of Deno that is used here. Other runtimes have no permission for the environment. */
interface DenoScope {
  readonly Deno?: {
    readonly permissions?: {
      querySync(descriptor: { readonly name: "env"; readonly variable: string }): {
        readonly state: string;
      };
    };
  };
}

/**
 * Reads variables; `undefined` without the permission to read all of them. Never prompts for it.
 */
function readEnv(...names: readonly string[]): Record<string, string | undefined> | undefined {
  const { Deno: deno } = globalThis as unknown as DenoScope;
  const allowed = (variable: string) =>
    deno?.permissions === undefined ||
    deno.permissions.querySync({ name: "env", variable }).state === "granted";
  if (!names.every(allowed)) return undefined;
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}
