import { type Callable, defineAgent, type Provider, ProviderError } from "@shoal/agents";
import type { AgentRoutes, AgentRoutesOptions } from "@shoal/agents/hono";
import { requestInit, routes, TOKEN } from "../helpers.ts";

/** The origin of requests to apps without a server. */
export const ORIGIN = "http://localhost";

/** Creates routes with a dashboard. */
export function withDashboard(
  agents: readonly Callable[],
  options: Partial<AgentRoutesOptions> = {},
): AgentRoutes {
  return routes(agents, { dashboard: { interval: 20 }, ...options });
}

/** Signs in and returns the response. */
export async function signIn(
  app: AgentRoutes,
  token: string = TOKEN,
  headers: Record<string, string> = { origin: ORIGIN },
): Promise<Response> {
  return await app.request(`${ORIGIN}/dashboard/session`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams({ token }).toString(),
  });
}

/** Signs in and returns the cookie, as a browser sends it back. */
export async function cookieOf(app: AgentRoutes, token?: string): Promise<string> {
  return (await signIn(app, token)).headers.get("set-cookie")!.split(";")[0]!;
}

/** Fetches a page of the dashboard with the token. */
export async function page(app: AgentRoutes, path = "/dashboard"): Promise<string> {
  const response = await app.request(path, requestInit());
  return await response.text();
}

/** An agent that fails, with an error message that must stay secret. */
export function failing(name = "failing") {
  const fail = () =>
    Promise.reject(new ProviderError(`secret of ${name}`, { code: "provider", retryable: true }));
  const provider: Provider = {
    name: "failing",
    generate: fail,
    async *stream() {
      yield await fail();
    },
  };
  return defineAgent({
    name,
    model: "m-<b>1</b>",
    prompt: "{text}",
    provider,
    retries: 0,
    circuitBreaker: { failures: 2, cooldown: 60_000 },
  });
}
