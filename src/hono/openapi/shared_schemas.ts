/** The parts of the OpenAPI document that do not depend on the agents. */
import type { JsonSchema } from "../../model/message.ts";

const text: JsonSchema = { type: "string" };
const count: JsonSchema = { type: "integer", minimum: 0 };
const money: JsonSchema = { type: "number", minimum: 0 };

function object(properties: Readonly<Record<string, JsonSchema>>, required: string[]): JsonSchema {
  return { type: "object", properties, required };
}

function ref(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/** The schemas that the routes share. */
export const SHARED_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  Issue: object({
    message: text,
    path: { type: "array", items: { type: ["string", "number"] } },
  }, ["message"]),
  Problem: object({
    type: text,
    title: text,
    status: { type: "integer" },
    detail: text,
    code: text,
    requestId: text,
    retryAfterMs: { type: "number" },
    issues: { type: "array", items: ref("Issue") },
  }, ["type", "title", "status", "detail", "code"]),
  Usage: object({
    inputTokens: count,
    cachedInputTokens: count,
    cacheWriteTokens: count,
    outputTokens: count,
    reasoningTokens: count,
    totalTokens: count,
  }, [
    "inputTokens",
    "cachedInputTokens",
    "cacheWriteTokens",
    "outputTokens",
    "reasoningTokens",
    "totalTokens",
  ]),
  Cost: object({
    input: money,
    output: money,
    total: money,
    source: { enum: ["server", "prices"] },
  }, ["input", "output", "total", "source"]),
  CallError: object({
    code: text,
    message: text,
    retryAfterMs: { type: "number" },
    issues: { type: "array", items: ref("Issue") },
  }, ["code", "message"]),
  Result: object({
    ok: { type: "boolean" },
    agent: text,
    model: text,
    content: {},
    finishReason: text,
    reasoning: text,
    error: ref("CallError"),
    status: { enum: ["success", "partial", "error"] },
    branches: {
      type: "object",
      additionalProperties: object({
        ok: { type: "boolean" },
        content: {},
        error: ref("CallError"),
      }, ["ok"]),
    },
    usage: ref("Usage"),
    cost: ref("Cost"),
    attempts: count,
    cached: { type: "boolean" },
    durationMs: { type: "number" },
  }, ["ok", "agent", "content", "usage", "attempts", "cached", "durationMs"]),
  BatchResult: {
    allOf: [
      ref("Result"),
      object({ index: count, id: text }, ["index", "id"]),
    ],
  },
  Batch: object({
    id: text,
    results: { type: "array", items: ref("BatchResult") },
    summary: { type: "object" },
  }, ["id", "results", "summary"]),
};

/** The problem responses of all routes. */
export const PROBLEMS: Readonly<Record<string, JsonSchema>> = Object.fromEntries([
  ["400", "The body is not JSON, not UTF-8, or nested too deeply"],
  ["401", "The token is missing or not valid"],
  ["404", "There is no agent with that name"],
  ["413", "The body or the batch is too large"],
  ["422", "The parameters are not valid: see the issues"],
  ["429", "A limit of the caller or of the model's server is exceeded: see Retry-After"],
  ["502", "The model's server failed"],
  ["503", "The server is busy or shutting down"],
  ["504", "The call exceeded its timeout"],
].map(([status, description]) => [status, {
  description,
  content: { "application/problem+json": { schema: ref("Problem") } },
}]));
