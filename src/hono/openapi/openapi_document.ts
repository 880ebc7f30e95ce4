/** Builds the OpenAPI 3.1 document of the routes. */
import type { JsonSchema } from "../../model/message.ts";
import { OPENAI_PATHS } from "./openai_paths.ts";
import { answer, get, requestBody } from "./operations.ts";
import { PROBLEMS, SHARED_SCHEMAS } from "./shared_schemas.ts";
import { SchemaRegistry } from "./schema_registry.ts";
import type { ServedAgent } from "../served_agent.ts";

/** The service, as the OpenAPI document describes it. */
export interface ServiceInfo {
  /**
   * The title of the service.
   *
   * @default {"Agents"}
   */
  readonly title?: string;
  /**
   * The version of the service.
   *
   * @default {"1.0.0"}
   */
  readonly version?: string;
  /**
   * The description of the service.
   *
   * @default None
   */
  readonly description?: string;
}

/** Options of {@linkcode buildOpenApiDocument}. */
export interface OpenApiOptions {
  /** The service. */
  readonly info: ServiceInfo;
  /** The path at which the routes are mounted. */
  readonly base: string;
  /** Whether there are routes for clients of OpenAI's API. */
  readonly openai: boolean;
}

/** Builds the document. */
export function buildOpenApiDocument(
  agents: Iterable<ServedAgent>,
  { info: { title = "Agents", version = "1.0.0", description }, base, openai }: OpenApiOptions,
): object {
  const schemas = new SchemaRegistry();
  const paths: Record<string, unknown> = {
    "/": get("listAgents", "Lists the agents with the schemas of their parameters and outputs"),
    "/health": get("health", "Whether the server accepts requests"),
    "/metrics": get("metrics", "Metrics for Prometheus", "text/plain"),
    "/batch": batchPath(),
    ...(openai && OPENAI_PATHS),
  };
  for (const agent of agents) {
    const path = `/${encodeURIComponent(agent.name)}`;
    const body = schemas.add(`${agent.name}.params`, agent.paramsSchema() ?? {});
    const content = schemas.add(`${agent.name}.content`, agent.outputSchema() ?? {});
    paths[path] = { post: callOperation(agent, body, content) };
    paths[`${path}/stream`] = { post: streamOperation(agent, body) };
  }
  return {
    openapi: "3.1.0",
    info: { title, version, ...(description !== undefined && { description }) },
    servers: [{ url: base }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
      schemas: { ...schemas.all, ...SHARED_SCHEMAS },
    },
  };
}

function callOperation(agent: ServedAgent, body: JsonSchema, content: JsonSchema): object {
  const schema = {
    allOf: [
      { $ref: "#/components/schemas/Result" },
      { type: "object", properties: { content } },
    ],
  };
  return {
    operationId: `call ${agent.name}`,
    summary: agent.description ?? `Calls ${agent.name}`,
    requestBody: requestBody(body),
    responses: { "200": answer("The result", "application/json", schema), ...PROBLEMS },
  };
}

function streamOperation(agent: ServedAgent, body: JsonSchema): object {
  return {
    operationId: `stream ${agent.name}`,
    summary: `Calls ${agent.name} and streams the events of the call`,
    requestBody: requestBody(body),
    responses: {
      "200": answer(
        "Server-sent events: delta, reasoning, partial, tool-start, tool-end, emit, retry, " +
          "fallback; the last one is result or error",
        "text/event-stream",
        { type: "string" },
      ),
      ...PROBLEMS,
    },
  };
}

function batchPath(): object {
  const call = {
    type: "object",
    properties: { agent: { type: "string" }, params: {}, id: { type: "string" } },
    required: ["agent"],
    additionalProperties: false,
  };
  const body = {
    type: "object",
    properties: {
      calls: { type: "array", items: call },
      concurrency: { type: "integer", minimum: 1 },
    },
    required: ["calls"],
    additionalProperties: false,
  };
  const events = { schema: { type: "string" } };
  return {
    post: {
      operationId: "batch",
      summary: "Makes many calls; a failed call is a result, too",
      parameters: [{
        name: "Last-Event-ID",
        in: "header",
        description: "The ID of the last event received, to resume a stream",
        schema: { type: "string" },
      }],
      requestBody: requestBody(body),
      responses: {
        "200": {
          description: "All results in order, or each as it completes, depending on Accept",
          content: {
            "application/json": { schema: { $ref: "#/components/schemas/Batch" } },
            "text/event-stream": events,
            "application/x-ndjson": events,
          },
        },
        ...PROBLEMS,
      },
    },
  };
}
