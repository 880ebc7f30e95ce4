/**
 * What every answer says beside what it answers. Headers are set in the answer's own, when it is there: `c.header` would make the answer anew,
 * whose body is a stream then, and that costs a third of a call.
 */
import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { secureHeaders } from "hono/secure-headers";
import type { AgentRoutesOptions } from "./options.ts";
import type { Env } from "./service.ts";

const ID = "x-request-id";

/** Knows the request by the id that the client gave it, if that is one, and tells the id; answers are not kept by anybody. */
export const assignRequestId: MiddlewareHandler<Env> = async (c, next) => {
  const given = c.req.header(ID);
  const id = given !== undefined && /^[\w=-]{1,255}$/.test(given) ? given : crypto.randomUUID();
  c.set("requestId", id);
  await next();
  const { headers } = c.res;
  headers.set(ID, id);
  headers.set("cache-control", "no-store");
};

/** What browsers are told: nothing here is a page, to be framed, or to be kept. */
export function setSecurityHeaders({ cors }: AgentRoutesOptions): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    crossOriginResourcePolicy: cors === undefined ? "same-origin" : "cross-origin",
    xFrameOptions: "DENY",
    // It would hold for the whole domain that this is mounted at: that is the application's to say.
    strictTransportSecurity: false,
    // For pages, or for browsers of long ago; and each header costs every call some time.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });
}

/** Lets the pages of other sites read the answers. */
export function allowCrossOrigin(
  { origin }: NonNullable<AgentRoutesOptions["cors"]>,
): MiddlewareHandler {
  return cors({
    origin: typeof origin === "string" ? origin : [...origin],
    allowMethods: ["GET", "POST"],
    allowHeaders: ["authorization", "content-type", "last-event-id", ID],
    exposeHeaders: ["retry-after", ID],
    maxAge: 600,
  });
}
