import type { Context } from "hono";
import { buildOpenApiDocument, type ServiceInfo } from "../openapi/openapi_document.ts";
import type { Env, Service } from "../service.ts";

/** `GET /openapi.json`: the OpenAPI document, with the path of the routes as its server. */
export function openapiRoute(
  { agents }: Service,
  options: { readonly info: ServiceInfo; readonly openai: boolean },
) {
  return (c: Context<Env>): Response => {
    const base = new URL(c.req.url).pathname.replace(/\/openapi\.json$/, "");
    return c.json(
      buildOpenApiDocument(agents.values(), { ...options, base: base === "" ? "/" : base }),
    );
  };
}
