/**
 * Headers of every response. They are set on the finished response: `c.header` would create a new
 * response with a stream as its body, which costs a third of the time of a call.
 */
import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { secureHeaders } from "hono/secure-headers";
import type { AgentRoutesOptions } from "./options.ts";
import type { Env } from "./service.ts";

const ID = "x-request-id";

/**
 * Assigns the ID of the request: the client's, if it is valid, or a random one. The run of the
 * request always has a random one, as a client could choose the ID of another's run. Forbids
 * caching.
 */
export const assignRequestId: MiddlewareHandler<Env> = async (c, next) => {
  const given = c.req.header(ID);
  const run = crypto.randomUUID();
  const id = given !== undefined && /^[\w=-]{1,255}$/.test(given) ? given : run;
  c.set("requestId", id);
  c.set("runId", run);
  await next();
  const { headers } = c.res;
  headers.set(ID, id);
  headers.set("cache-control", "no-store");
};

/** Sets the headers that keep browsers from treating responses as pages or framing them. */
export function setSecurityHeaders({ cors }: AgentRoutesOptions): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    crossOriginResourcePolicy: cors === undefined ? "same-origin" : "cross-origin",
    xFrameOptions: "DENY",
    // HSTS applies to the whole domain, so it is for the application to decide.
    strictTransportSecurity: false,
    // These are for pages or for old browsers, and each header costs time in every call.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });
}

/** Allows pages of other origins to call and to read the responses. */
export function allowCrossOrigin(
  { origin }: NonNullable<AgentRoutesOptions["cors"]>,
): MiddlewareHandler {
  return cors({
    origin: typeof origin === "string" ? origin : [...origin],
    allowMethods: ["GET", "POST"],
    allowHeaders: ["authorization", "content-type", "last-event-id", ID],
    exposeHeaders: [
      "retry-after",
      "retry-after-ms",
      "x-should-retry",
      "openai-processing-ms",
      ID,
    ],
    maxAge: 600,
  });
}
