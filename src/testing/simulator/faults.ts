/**
 * Faults: which one comes next, and what each makes of an answer.
 */
import type { CompleteAnswer } from "./answer.ts";
import { statusPlan } from "./error_bodies.ts";
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

/** A fault as the rest of the simulator takes it: with its name in the figures, and its status if it is one. */
export interface Fault extends SimulatorFaultDetails {
  name: string;
  status?: number;
}

/** Chooses by the script, then by chance. */
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

/** All names but those of a status. */
export const FAULT_NAMES = [
  "rateLimit",
  "insufficientQuota",
  "reset",
  "resetBody",
  "stallHeaders",
  "stall",
  "stallKeepAlive",
  "slowHeaders",
  "truncate",
  "malformed",
  "streamError",
  "emptyChoices",
  "length",
  "contentFilter",
  "refusal",
] as const;

/** Is it the name of a fault? Names of a status end in one from 400 to 599. */
export function isFaultName(name: string): boolean {
  return (FAULT_NAMES as readonly string[]).includes(name) || /^error[45]\d\d$/.test(name);
}

/**
 * Reads a fault in any of its spellings.
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
      `Cannot simulate the fault "${type}" as there is none of that name: ` +
        `use a status such as "429", "ok", or one of ${FAULT_NAMES.join(", ")}`,
    );
  }
  if (type === "rateLimit" || type === "insufficientQuota") {
    return { ...details, status: 429, name: type };
  }
  return { ...details, status: undefined, name: type };
}

/** The whole answer of a fault that is a status. */
export function statusFaultPlan(fault: Fault): ResponsePlan {
  const plan = statusPlan(fault.status!, fault.name === "insufficientQuota", fault);
  return withHeaders(plan, fault);
}

/** Faults in what the model says. */
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

/** Faults in how it is sent. `events` is there if the answer is a stream. */
export function applyToPlan(
  plan: ResponsePlan,
  fault: Fault,
  wire: Dialect,
  events: StreamEvents | undefined,
): ResponsePlan {
  const parts = events ? events.deltas : halves(plan.parts.join(""));
  const begun = (otherwise: number): string[] => parts.slice(0, fault.afterChunks ?? otherwise);
  const half = Math.ceil(parts.length / 2);
  const everyMs = fault.everyMs ?? 1000;
  const spoilt = ((): Partial<ResponsePlan> => {
    switch (fault.name) {
      case "reset":
        return { ending: "broken" };
      case "stallHeaders":
        return { ending: "mute" };
      case "stall":
        return { parts: begun(0), whole: false, ending: "silence" };
      case "stallKeepAlive": {
        const text = events ? ": keep-alive\n\n" : "\n";
        return { parts: begun(0), whole: false, ending: "keepAlive", keepAlive: { text, everyMs } };
      }
      case "slowHeaders":
        return { headersMs: fault.ms ?? 1000 };
      case "resetBody": {
        const length = new TextEncoder().encode(plan.parts.join("")).length;
        return { parts: begun(half), length, ending: "drop" };
      }
      case "truncate":
        return { parts: begun(half) };
      case "malformed":
        return events
          ? {
            parts: [
              ...begun(half),
              'data: {"id":"sim","choices":[{"delta":\n\n',
              events.closing,
            ],
          }
          : { parts: [...begun(half), '"}'] };
      case "streamError":
        return {
          parts: [
            ...(events ? begun(half) : []),
            events ? wire.errorEvent : wire.errorBody,
          ],
        };
      default:
        return {};
    }
  })();
  return withHeaders({ ...plan, ...spoilt }, fault);
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
