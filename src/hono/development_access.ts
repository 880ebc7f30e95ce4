/**
 * Without `auth` nobody is let in, except for the developer at the machine itself. Each of these must hold, so that neither a proxy in
 * front nor a web page in the developer's browser gets in: the process says nothing of production, the connection comes from this machine, it
 * was not forwarded, it was addressed to this machine by name, and no page of another origin has sent it.
 */
import type { Context } from "hono";
import process from "node:process";
import { isLoopback, remoteAddress } from "./remote_address.ts";

/** Headers by which proxies say that the request came from elsewhere. What a client forges here only keeps it out. */
const FORWARDED = [
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-real-ip",
  "cf-connecting-ip",
  "true-client-ip",
  "via",
];

/** Why the developer is not let in either, or `undefined` if nothing speaks against it. Looked at once, when the routes are made. */
export function reasonToDeny(): string | undefined {
  const env = readEnv("NODE_ENV", "DENO_ENV", "DENO_DEPLOYMENT_ID", "DENO_DEPLOY");
  if (env === undefined) {
    return "whether this is production cannot be told without the permission to read NODE_ENV, DENO_ENV, DENO_DEPLOYMENT_ID and DENO_DEPLOY";
  }
  if (env.NODE_ENV === "production" || env.DENO_ENV === "production") return "this is production";
  if (env.DENO_DEPLOYMENT_ID || env.DENO_DEPLOY) return "this is Deno Deploy";
  return undefined;
}

/** Does the request come from this machine itself? */
export function isLocalRequest(c: Context): boolean {
  const address = remoteAddress(c);
  if (address === undefined || !isLoopback(address)) return false;
  const { headers, url } = c.req.raw;
  if (FORWARDED.some((name) => headers.has(name))) return false;
  // A name that an attacker has made to lead here (DNS rebinding) is still the attacker's name.
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

/** The variables, or `undefined` if one must not be read. Nobody is asked for the permission. */
function readEnv(...names: readonly string[]): Record<string, string | undefined> | undefined {
  const { Deno: deno } = globalThis as { Deno?: { permissions?: typeof Deno.permissions } };
  const allowed = (variable: string) =>
    deno?.permissions === undefined ||
    deno.permissions.querySync({ name: "env", variable }).state === "granted";
  if (!names.every(allowed)) return undefined;
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}
