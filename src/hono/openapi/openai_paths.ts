/** The OpenAI routes in the OpenAPI document. */
import type { JsonSchema } from "../../model/message.ts";
import { get, requestBody } from "./operations.ts";
import { PROBLEMS } from "./shared_schemas.ts";

const text: JsonSchema = { type: "string" };
const items: JsonSchema = { type: "array", items: { type: "object" } };

/** The paths of the OpenAI routes. */
export const OPENAI_PATHS: Readonly<Record<string, object>> = {
  "/v1/models": get("listModels", "Lists the agents as models of OpenAI's API"),
  "/v1/models/{id}": {
    get: {
      operationId: "getModel",
      summary: "Describes an agent as a model of OpenAI's API",
      parameters: [{ name: "id", in: "path", required: true, schema: text }],
      responses: {
        "200": { description: "The model", content: json() },
        "404": PROBLEMS["404"],
      },
    },
  },
  "/v1/chat/completions": createPath({
    operationId: "chatCompletion",
    summary: "Calls an agent through OpenAI's Chat Completions API; its name is the model",
    answer: "A chat completion, or its chunks as server-sent events",
    properties: { messages: items },
    required: ["messages"],
  }),
  "/v1/responses": createPath({
    operationId: "createResponse",
    summary: "Calls an agent through OpenAI's Responses API; its name is the model",
    answer: "A response, or its events as server-sent events. It is not stored",
    properties: { input: { anyOf: [text, items] }, instructions: text },
    required: ["input"],
  }),
};

interface CreatePath {
  readonly operationId: string;
  readonly summary: string;
  readonly answer: string;
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly required: readonly string[];
}

function createPath({ operationId, summary, answer, properties, required }: CreatePath): object {
  return {
    post: {
      operationId,
      summary,
      requestBody: requestBody({
        type: "object",
        properties: { model: text, ...properties, stream: { type: "boolean" } },
        required: ["model", ...required],
      }),
      responses: {
        "200": {
          description: answer,
          content: { ...json(), "text/event-stream": { schema: text } },
        },
        ...PROBLEMS,
      },
    },
  };
}

function json(): object {
  return { "application/json": { schema: { type: "object" } } };
}
