/** Chooses the fault of each request, and applies it to the answer or the response. */
import type { CompleteAnswer } from "./answer.ts";
import { statusPlan } from "./error_bodies.ts";
import { FAULT_NAMES, isFaultName } from "./fault_names.ts";
import type {
  SimulatorFault,
  SimulatorFaultDetails,
  SimulatorFaultRates,
} from "./fault_options.ts";
import type { SimulatorBehaviour } from "./simulator_options.ts";
import type { SimulatorRequest } from "./request_types.ts";
import type { ResponsePlan } from "./response_plan.ts";
import type { Random } from "./random.ts";
import type { Dialect, StreamEvents } from "./dialects/dialect.ts";

/** A fault with the name that is counted, and its status, if it is one. */
export interface Fault extends SimulatorFaultDetails {
  name: string;
  status?: number;
}

/** Chooses faults from the script, and then by probability. */
export class FaultSource {
  #script: SimulatorBehaviour["script"];
  #next = 0;
  rates: SimulatorFaultRates = {};

  set script(script: SimulatorBehaviour["script"]) {
    this.#script = script;
    this.#next = 0;
  }

  draw(request: SimulatorRequest, random: Random): Fault | undefined {
    const n = this.#next++;
    const script = this.#script;
    const scripted = typeof script === "function" ? script(request, n) : script?.[n];
    if (scripted !== undefined) return parseFault(scripted);
    let chance = random();
    for (const [name, rate] of Object.entries(this.rates)) {
      if (rate === undefined) continue;
      chance -= rate;
      if (chance < 0) return parseFault(name as SimulatorFault);
    }
    return undefined;
  }
}

/**
 * Parses a fault in any of its forms; `undefined` for `"ok"`.
 *
 * @throws {TypeError} If there is no such fault.
 */
export function parseFault(fault: SimulatorFault): Fault | undefined {
  if (fault === "ok") return undefined;
  const details: SimulatorFaultDetails = typeof fault === "object" && fault !== null
    ? fault
    : { type: fault as SimulatorFaultDetails["type"] };
  const type = String(details.type);
  const digits = /^(?:error)?([45]\d\d)$/.exec(type)?.[1];
  if (type === "status" || digits !== undefined) {
    const status = digits === undefined ? details.status ?? 500 : Number(digits);
    return { ...details, status, name: status === 429 ? "rateLimit" : `error${status}` };
  }
  if (!isFaultName(type)) {
    throw new TypeError(
      `Cannot simulate the fault "${type}" as there is no fault of that name: ` +
        `use a status such as "429", "ok", or one of ${FAULT_NAMES.join(", ")}`,
    );
  }
  if (type === "rateLimit" || type === "insufficientQuota") {
    return { ...details, status: 429, name: type };
  }
  return { ...details, status: undefined, name: type };
}

/** Plans the response of a fault that is a status. */
export function statusFaultPlan(fault: Fault): ResponsePlan {
  const plan = statusPlan(fault.status!, fault);
  return withHeaders(plan, fault);
}

/** Applies a fault to the answer of the model. */
export function applyToAnswer(answer: CompleteAnswer, fault: Fault): CompleteAnswer {
  if (fault.name === "refusal") {
    const refusal = "I'm sorry, but I can't help with that.";
    return { ...answer, content: null, toolCalls: [], refusal, finishReason: "stop" };
  }
  if (fault.name !== "length" && fault.name !== "contentFilter") return answer;
  const finishReason = fault.name === "length" ? "length" : "content_filter";
  const content = answer.content?.slice(0, Math.ceil(answer.content.length / 2)) ?? null;
  return { ...answer, content, toolCalls: [], finishReason };
}

/** Applies a fault to how the response is sent. A stream has `events`. */
export function applyToPlan(
  plan: ResponsePlan,
  fault: Fault,
  dialect: Dialect,
  events: StreamEvents | undefined,
): ResponsePlan {
  const parts = events ? events.deltas : halves(plan.parts.join(""));
  const firstParts = (count: number): string[] => parts.slice(0, fault.afterChunks ?? count);
  const half = Math.ceil(parts.length / 2);
  const everyMs = fault.everyMs ?? 1000;
  const changes = ((): Partial<ResponsePlan> => {
    switch (fault.name) {
      case "reset":
        return { ending: "broken" };
      case "stallHeaders":
        return { ending: "mute" };
      case "stall":
        return { parts: firstParts(0), hasLength: false, ending: "silence" };
      case "stallKeepAlive": {
        const text = events ? ": keep-alive\n\n" : "\n";
        return {
          parts: firstParts(0),
          hasLength: false,
          ending: "keepAlive",
          keepAlive: { text, everyMs },
        };
      }
      case "slowHeaders":
        return { headersMs: fault.ms ?? 1000 };
      case "resetBody": {
        const length = new TextEncoder().encode(plan.parts.join("")).length;
        return { parts: firstParts(half), length, ending: "drop" };
      }
      case "truncate":
        return { parts: firstParts(half) };
      case "malformed":
        return events
          ? {
            parts: [
              ...firstParts(half),
              'data: {"id":"sim","choices":[{"delta":\n\n',
              events.closing,
            ],
          }
          : { parts: [...firstParts(half), '"}'] };
      case "streamError":
        return {
          parts: [
            ...(events ? firstParts(half) : []),
            events ? dialect.errorEvent : dialect.errorBody,
          ],
        };
      default:
        return {};
    }
  })();
  return withHeaders({ ...plan, ...changes }, fault);
}

function withHeaders(plan: ResponsePlan, fault: Fault): ResponsePlan {
  for (const [name, value] of Object.entries(fault.headers ?? {})) {
    if (value === null) delete plan.headers[name.toLowerCase()];
    else plan.headers[name.toLowerCase()] = value;
  }
  return plan;
}

function halves(text: string): string[] {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
}
