/** Parses and checks a request to the model. */
import { messageText } from "./answer.ts";
import { errorPlan, missingParameter } from "./error_bodies.ts";
import type { HttpExchange } from "./http/http_exchange.ts";
import type { SimulatorMessage, SimulatorRequest } from "./request_types.ts";
import type { ResponsePlan } from "./response_plan.ts";
import { responsesMessages } from "./dialects/responses_input.ts";
import { brokenRound, chatError } from "./dialects/tool_rounds.ts";
import { readFormat, readTools } from "./response_format.ts";

/** Parses a request. Returns the plan of an error response if it is invalid. */
export function readRequest(
  exchange: Pick<HttpExchange, "body" | "headers">,
  index: number,
  api: SimulatorRequest["api"],
): SimulatorRequest | ResponsePlan {
  let body: Record<string, unknown>;
  try {
    body = JSON.parse(exchange.body);
  } catch {
    return errorPlan(400, { message: "We could not parse the JSON body of your request." });
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return errorPlan(400, { message: "The JSON body of your request must be an object." });
  }
  const { model } = body;
  // A `respond` function may keep the request; the exchange drops its own headers.
  const { headers } = exchange;
  if (typeof model !== "string" || model === "") {
    return missingParameter("model", "You must provide a model parameter.");
  }
  const messages = api === "chat" ? chatMessages(body) : responsesMessages(body);
  if ("status" in messages) return messages;
  if (
    readFormat(body).type === "json_object" && !/json/i.test(messages.map(messageText).join("\n"))
  ) {
    const message = api === "chat"
      ? "'messages' must contain the word 'json' in some form, to use 'response_format' of type " +
        "'json_object'."
      : "Response input messages must contain the word 'json' in some form to use 'text.format' " +
        "of type 'json_object'.";
    return errorPlan(400, { message, param: api === "chat" ? "messages" : "input" });
  }
  return {
    index,
    api,
    model,
    messages,
    tools: readTools(body),
    stream: body.stream === true,
    text: messageText(messages.findLast(({ role }) => role === "user")),
    body,
    header: (name) => headers[name.toLowerCase()],
  };
}

/** Returns the messages of a Chat Completions request, or the response to an invalid one. */
function chatMessages({ messages }: Record<string, unknown>): SimulatorMessage[] | ResponsePlan {
  if (!Array.isArray(messages) || messages.length === 0) {
    return missingParameter("messages", "Missing required parameter: 'messages'.");
  }
  const invalid = messages.findIndex((one) => typeof one?.role !== "string");
  if (invalid >= 0) {
    const param = `messages[${invalid}].role`;
    return missingParameter(param, `Missing required parameter: '${param}'.`);
  }
  const broken = brokenRound(messages);
  return broken ? errorPlan(400, chatError(broken)) : messages;
}
