/** The OpenAPI 3.1 document of what is served. */
import type { JsonSchema } from "../../model/message.ts";
import { PROBLEMS, SHARED_SCHEMAS } from "./shared_schemas.ts";
import { SchemaRegistry } from "./schema_registry.ts";
import type { ServedAgent } from "../served_agent.ts";

/** What the document says of the service itself. */
export interface ServiceInfo {
  /**
   * Its name.
   *
   * @default {"Agents"}
   */
  readonly title?: string;
  /**
   * Its version.
   *
   * @default {"1.0.0"}
   */
  readonly version?: string;
  /** What it is for. */
  readonly description?: string;
}

/** Makes the document; `base` is where the routes are mounted. */
export function buildOpenApiDocument(
  agents: Iterable<ServedAgent>,
  { title = "Agents", version = "1.0.0", description }: ServiceInfo,
  base: string,
): object {
  const schemas = new SchemaRegistry();
  const paths: Record<string, unknown> = {
    "/": get("listAgents", "Who can be called, with what, and what comes of it"),
    "/health": get("health", "Does the server take requests?"),
    "/metrics": get("metrics", "Figures for Prometheus", "text/plain"),
    "/batch": batchPath(),
    "/v1/models": get("listModels", "The agents, as models of OpenAI's API"),
    "/v1/chat/completions": chatPath(),
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
    summary: `What happens in a call of ${agent.name}, as server-sent events`,
    requestBody: requestBody(body),
    responses: {
      "200": answer(
        "Events: delta, partial, tool-start, tool-end, emit, retry, fallback; at the end result or error",
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
      summary: "Makes many calls; a failure is a result",
      parameters: [{
        name: "Last-Event-ID",
        in: "header",
        description: "The last event that came, to go on with a stream that was lost",
        schema: { type: "string" },
      }],
      requestBody: requestBody(body),
      responses: {
        "200": {
          description: "All results in order; or, as Accept says, each as it comes",
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

function chatPath(): object {
  return {
    post: {
      operationId: "chatCompletion",
      summary: "An agent, by OpenAI's API: its name is the model",
      requestBody: requestBody({
        type: "object",
        properties: {
          model: { type: "string" },
          messages: { type: "array", items: { type: "object" } },
          stream: { type: "boolean" },
        },
        required: ["model", "messages"],
      }),
      responses: {
        "200": answer("A chat completion, or its chunks", "application/json", { type: "object" }),
        ...PROBLEMS,
      },
    },
  };
}

function get(operationId: string, summary: string, type = "application/json"): object {
  const schema = type === "application/json" ? { type: "object" } : { type: "string" };
  return { get: { operationId, summary, responses: { "200": answer(summary, type, schema) } } };
}

function requestBody(schema: JsonSchema): object {
  return { required: true, content: { "application/json": { schema } } };
}

function answer(description: string, type: string, schema: JsonSchema): object {
  return { description, content: { [type]: { schema } } };
}
