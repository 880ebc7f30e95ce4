/**
 * Reads a chat request, and says in OpenAI's words what is wrong with it.
 */
import { textOf } from "./_simulator_answer.ts";
import { errorPlan } from "./_simulator_errors.ts";
import type { Exchange } from "./_simulator_exchange.ts";
import type { SimulatorMessage, SimulatorRequest } from "./_simulator_options.ts";
import type { Plan } from "./_simulator_play.ts";
import { brokenRound } from "./_simulator_tool_rounds.ts";
import { toolsOf, wantsOf } from "./_simulator_wants.ts";

/** Checks the form of a chat request; the answer to a wrong one is a plan. */
export function readRequest(exchange: Exchange, index: number): SimulatorRequest | Plan {
  let body: Record<string, unknown>;
  try {
    body = JSON.parse(exchange.body);
  } catch {
    return errorPlan(400, { message: "We could not parse the JSON body of your request." });
  }
  const missing = (param: string, what: string): Plan =>
    errorPlan(400, { message: what, param, code: "missing_required_parameter" });
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return errorPlan(400, { message: "The JSON body of your request must be an object." });
  }
  const { model, messages } = body;
  // The request may be kept by whoever sees it; the exchange forgets its own.
  const { headers } = exchange;
  if (typeof model !== "string" || model === "") {
    return missing("model", "You must provide a model parameter.");
  }
  if (!Array.isArray(messages) || messages.length === 0) {
    return missing("messages", "Missing required parameter: 'messages'.");
  }
  const wrong = messages.findIndex((one) => typeof one?.role !== "string");
  if (wrong >= 0) {
    return missing(
      `messages[${wrong}].role`,
      `Missing required parameter: 'messages[${wrong}].role'.`,
    );
  }
  const broken = brokenRound(messages);
  if (broken) return errorPlan(400, broken);
  if (wantsOf(body).format === "json_object" && !/json/i.test(messages.map(textOf).join("\n"))) {
    const message = "'messages' must contain the word 'json' in some form, to use " +
      "'response_format' of type 'json_object'.";
    return errorPlan(400, { message, param: "messages" });
  }
  return {
    index,
    model,
    messages: messages as SimulatorMessage[],
    tools: toolsOf(body),
    stream: body.stream === true,
    text: textOf(messages.findLast((one: SimulatorMessage) => one.role === "user")),
    body,
    header: (name) => headers[name.toLowerCase()],
  };
}
