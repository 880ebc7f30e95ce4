import { type Context, Hono, type MiddlewareHandler } from "hono";
import type { ResolvedAuth } from "../access/one_time_token.ts";
import { eventStream, problemEvent } from "../stream/event_stream.ts";
import { SSE } from "../stream/wire_format.ts";
import type { Identify } from "../require_principal.ts";
import { toProblem } from "../public_error.ts";
import { streamRoute } from "../routes/stream.ts";
import type { Env, Service } from "../service.ts";
import { agentPage, agentRegions } from "./pages/agent_page.ts";
import { AuthGate } from "./sessions/auth_gate.ts";
import { ICON } from "./assets/icon.ts";
import { liveUpdates, Viewers } from "./live_updates.ts";
import { missingPage } from "./pages/missing_page.ts";
import type { DashboardOptions } from "./options.ts";
import { overviewPage, overviewRegions } from "./pages/overview_page.ts";
import { runPage, runRegions } from "./pages/run_page.ts";
import { requireSameOrigin } from "./sessions/require_same_origin.ts";
import { SCRIPT } from "./assets/script.ts";
import { STYLE } from "./assets/style.ts";
import type { Html } from "./html.ts";
import type { PageContext, Regions } from "./page_context.ts";
import { MetricsRecorder } from "./metrics_recorder.ts";

/** What the dashboard needs from the routes. */
export interface DashboardParts {
  /** The state that all routes share. */
  readonly service: Service;
  /** Identifies the caller of a request. */
  readonly identify: Identify;
  /** How callers are authenticated. */
  readonly auth: ResolvedAuth["auth"];
  /** The one-time token, with which a URL signs in. */
  readonly oneTimeToken: string | undefined;
  /** The options of the dashboard. */
  readonly options: DashboardOptions;
}

const NO_RUN = "This run is unknown or no longer kept: only the latest runs are.";
const NO_AGENT = "There is no agent with this name.";

/** Creates the routes below `/dashboard`: pages, assets, live updates and calls. */
export function dashboardRoutes({ service, options, ...parts }: DashboardParts): Hono<Env> {
  const { title = "Shoal", calls = true, interval = 1_000, principals } = options;
  const { limits, heartbeat } = service;
  const recorder = new MetricsRecorder(service.activity);
  const viewers = new Viewers();
  service.onClose(() => viewers.close());
  const gate = new AuthGate({ ...parts, principals, title, limits, throttle: service.signIns });
  const contextOf = async (c: Context<Env>, root: string): Promise<PageContext> => ({
    service,
    recorder,
    title,
    calls,
    root,
    signedIn: await gate.hasSession(c),
  });

  const app = new Hono<Env>();
  // Assets are open: they hold no secrets and the sign-in page needs them.
  app.get("/style.css", asset(STYLE, "text/css"));
  app.get("/app.js", asset(SCRIPT, "text/javascript"));
  app.get("/icon.svg", asset(ICON, "image/svg+xml"));
  if (parts.auth !== undefined) app.post("/session", (c) => gate.signIn(c));
  app.post("/sign-out", (c) => gate.signOut(c));

  const protect = gate.protect();
  app.get("/", gate.signInByUrl(), gate.protectPage("dashboard/"), async (c) => {
    return page(c, overviewPage(await contextOf(c, "dashboard/")));
  });
  app.get("/runs/:id", gate.protectPage("../"), async (c) => {
    const id = c.req.param("id");
    const context = await contextOf(c, "../");
    return recorder.run(id) === undefined
      ? page(c, missingPage(context, NO_RUN), 404)
      : page(c, runPage(context, id));
  });
  app.get("/agents/:name", gate.protectPage("../"), async (c) => {
    const agent = service.agents.get(c.req.param("name"));
    const context = await contextOf(c, "../");
    return agent === undefined
      ? page(c, missingPage(context, NO_AGENT), 404)
      : page(c, agentPage(context, agent));
  });
  app.get("/events", protect, async (c) => {
    const { run, agent } = c.req.query();
    // Links in the updates are relative to the page that shows them.
    const context = await contextOf(c, run ?? agent ? "../" : "dashboard/");
    const regions = (): Regions =>
      run !== undefined
        ? runRegions(context, run)
        : agent !== undefined
        ? agentRegions(context, agent)
        : overviewRegions(context);
    const viewer = viewers.add(c);
    const events = liveUpdates(regions, { signal: viewer.signal, interval });
    return eventStream(c, events, {
      owner: viewer,
      format: SSE,
      heartbeat,
      toErrorEvents: (thrown) => [problemEvent(toProblem(thrown))],
    });
  });
  if (calls) {
    app.post("/call/:name", protect, sameOriginOnly, streamRoute(service));
  }
  return app;
}

/**
 * Sets the headers of the pages: they load only the dashboard's own assets, allow no inline scripts
 * or styles, and must not be framed.
 */
export const dashboardHeaders: MiddlewareHandler = async (c, next) => {
  // A trailing slash would change the meaning of all relative URLs.
  if (c.req.path.endsWith("/dashboard/")) return c.redirect("../dashboard", 308);
  await next();
  c.header(
    "content-security-policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
      "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
  // "no-referrer" would also remove the `Origin` of forms, which is checked.
  c.header("referrer-policy", "same-origin");
};

const sameOriginOnly: MiddlewareHandler<Env> = async (c, next) => {
  requireSameOrigin(c);
  await next();
};

function page(c: Context, content: Html, status: 200 | 404 = 200): Response | Promise<Response> {
  return c.html(`<!DOCTYPE html>${content}`, status);
}

function asset(text: string, type: string) {
  return (c: Context): Response => c.body(text, 200, { "content-type": `${type}; charset=utf-8` });
}
