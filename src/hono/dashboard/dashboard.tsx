/** @jsxImportSource hono/jsx */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import type { AuthOptions } from "../auth.ts";
import { eventStream, SSE } from "../event_stream.ts";
import type { Identify } from "../require_principal.ts";
import { toProblem } from "../public_error.ts";
import { streamRoute } from "../routes/stream.ts";
import type { Env, Service } from "../service.ts";
import { AgentPage, agentRegions } from "./pages/agent_page.tsx";
import { AuthGate } from "./sessions/auth_gate.tsx";
import { ICON } from "./assets/icon.ts";
import { liveUpdates, Viewers } from "./live_updates.ts";
import { MissingPage } from "./pages/missing_page.tsx";
import type { DashboardOptions } from "./options.ts";
import { OverviewPage, overviewRegions } from "./pages/overview_page.tsx";
import { RunPage, runRegions } from "./pages/run_page.tsx";
import { requireSameOrigin } from "./sessions/require_same_origin.ts";
import { SCRIPT } from "./assets/script.ts";
import { STYLE } from "./assets/style.ts";
import type { Html, PageContext, Regions } from "./page_context.ts";
import { MetricsRecorder } from "./metrics_recorder.ts";

/** What the dashboard needs of the routes. */
export interface DashboardParts {
  /** What the routes share. */
  readonly service: Service;
  /** Says who sends a request. */
  readonly identify: Identify;
  /** Who may call, if that is said. */
  readonly auth: AuthOptions | undefined;
  /** What it shows, and to whom. */
  readonly options: DashboardOptions;
}

const NO_RUN = "That run is not remembered here, or not any more: only the latest are.";
const NO_AGENT = "There is no agent of that name.";

/** The pages, below `/dashboard`, and what they are made of. */
export function dashboardRoutes({ service, options, ...parts }: DashboardParts): Hono<Env> {
  const { title = "Shoal", calls = true, interval = 1_000, principals } = options;
  const { limits: caps, heartbeat } = service;
  const watch = new MetricsRecorder(service.activity);
  const viewers = new Viewers(service.closed);
  const entrance = new AuthGate({ ...parts, principals, title, caps });
  const viewOf = (c: Context<Env>, root: string): PageContext => ({
    service,
    recorder: watch,
    title,
    calls,
    root,
    signedIn: entrance.hasSession(c),
  });

  const app = new Hono<Env>();
  // What these say is in the package that anybody can read: no secret, and the sign-in page needs them.
  app.get("/style.css", asset(STYLE, "text/css"));
  app.get("/app.js", asset(SCRIPT, "text/javascript"));
  app.get("/icon.svg", asset(ICON, "image/svg+xml"));
  if (parts.auth !== undefined) app.post("/session", (c) => entrance.signIn(c));
  app.post("/sign-out", (c) => entrance.signOut(c));

  const guarded = entrance.guard("", false);
  app.get("/", entrance.guard("dashboard/", true), (c) => {
    return page(c, <OverviewPage view={viewOf(c, "dashboard/")} />);
  });
  app.get("/runs/:id", entrance.guard("../", true), (c) => {
    const id = c.req.param("id");
    const view = viewOf(c, "../");
    return watch.run(id) === undefined
      ? page(c, <MissingPage view={view} what={NO_RUN} />, 404)
      : page(c, <RunPage view={view} id={id} />);
  });
  app.get("/agents/:name", entrance.guard("../", true), (c) => {
    const agent = service.agents.get(c.req.param("name"));
    const view = viewOf(c, "../");
    return agent === undefined
      ? page(c, <MissingPage view={view} what={NO_AGENT} />, 404)
      : page(c, <AgentPage view={view} agent={agent} />);
  });
  app.get("/events", guarded, (c) => {
    const { run, agent } = c.req.query();
    // Addresses in what is sent are those of the page that it is for.
    const view = viewOf(c, run ?? agent ? "../" : "dashboard/");
    const regions = (): Regions =>
      run !== undefined
        ? runRegions(view, run)
        : agent !== undefined
        ? agentRegions(view, agent)
        : overviewRegions(view);
    const lifecycle = viewers.add();
    const events = liveUpdates(regions, { signal: lifecycle.signal, interval });
    const failed = (thrown: unknown) => ({ event: "error", data: toProblem(thrown).details() });
    return eventStream(c, events, {
      owner: lifecycle,
      format: SSE,
      heartbeat,
      toErrorEvent: failed,
    });
  });
  if (calls) {
    app.post("/call/:name", guarded, ownPagesOnly, streamRoute(service));
  }
  return app;
}

/** What browsers are told of the pages: only what is here, no script or style within a page, no frame around it. */
export const dashboardHeaders: MiddlewareHandler = async (c, next) => {
  // With a slash at the end all relative addresses would mean something else.
  if (c.req.path.endsWith("/dashboard/")) return c.redirect("../dashboard", 308);
  await next();
  c.header(
    "content-security-policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
      "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
  // With no referrer at all a form's origin would be withheld as well, and that is what it is checked by.
  c.header("referrer-policy", "same-origin");
};

const ownPagesOnly: MiddlewareHandler<Env> = async (c, next) => {
  requireSameOrigin(c);
  await next();
};

function page(c: Context, content: Html, status: 200 | 404 = 200): Response | Promise<Response> {
  return c.html(`<!DOCTYPE html>${content}`, status);
}

function asset(text: string, type: string) {
  return (c: Context): Response => c.body(text, 200, { "content-type": `${type}; charset=utf-8` });
}
