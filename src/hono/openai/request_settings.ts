/** Maps the settings of a request to call options. */
import { isRecord } from "../../model/check_options.ts";
import { CALL_RULES, type CallOptions } from "../../call/options/options.ts";
import { invalidField } from "./request_problem.ts";

/** A setting of a request: where it is, and the call option that it becomes. */
interface Setting {
  /** The path of the field. */
  readonly path: readonly string[];
  /** The call option; a name in `extra` if it begins with `extra.`. */
  readonly option: string;
  /** What the value must be, for the message. */
  readonly must: string;
  /** Whether the value is valid. */
  readonly test: (value: unknown) => boolean;
}

const VERBOSITIES: readonly unknown[] = ["low", "medium", "high"];

const isString = (value: unknown) => typeof value === "string";

function numeric(field: string, option = field): Setting {
  return { path: [field], option, must: "a number", test: Number.isFinite };
}

function countOf(field: string): Setting {
  const test = (value: unknown) => Number.isSafeInteger(value) && Number(value) > 0;
  return { path: [field], option: "maxTokens", must: "a positive integer", test };
}

function choiceOf(path: readonly string[], option: string, values: readonly unknown[]): Setting {
  const must = "one of " + values.map((value) => `"${value}"`).join(", ");
  return { path, option, must, test: (value) => values.includes(value) };
}

/** The effort of a reasoning model: any value that agents accept. */
function effort(...path: string[]): Setting {
  const test = (value: unknown): boolean => {
    try {
      CALL_RULES.reasoningEffort("check the request", "reasoningEffort", value);
      return true;
    } catch {
      return false;
    }
  };
  return { path, option: "reasoningEffort", must: 'an effort, such as "low" or "high"', test };
}

/** The settings of a chat completion. */
export const CHAT_SETTINGS: readonly Setting[] = [
  numeric("temperature"),
  numeric("top_p", "topP"),
  numeric("seed"),
  countOf("max_tokens"),
  countOf("max_completion_tokens"),
  {
    path: ["stop"],
    option: "stop",
    must: "a string or a list of strings",
    test: (value) => isString(value) || Array.isArray(value) && value.every(isString),
  },
  effort("reasoning_effort"),
  numeric("frequency_penalty", "extra.frequency_penalty"),
  numeric("presence_penalty", "extra.presence_penalty"),
  choiceOf(["verbosity"], "extra.verbosity", VERBOSITIES),
];

/** The settings of the Responses API. */
export const RESPONSES_SETTINGS: readonly Setting[] = [
  numeric("temperature"),
  numeric("top_p", "topP"),
  countOf("max_output_tokens"),
  effort("reasoning", "effort"),
  choiceOf(["text", "verbosity"], "extra.verbosity", VERBOSITIES),
];

/**
 * Maps the settings of the body to call options. Settings without an option of their own are sent
 * to the model's server unchanged, except values that change nothing.
 *
 * @throws {Problem} If a setting is not valid.
 */
export function toCallSettings(
  body: Readonly<Record<string, unknown>>,
  settings: readonly Setting[],
): CallOptions {
  const options: Record<string, unknown> = {};
  const extra: Record<string, unknown> = {};
  for (const { path, option, must, test } of settings) {
    const value = path.reduce<unknown>((at, key) => isRecord(at) ? at[key] : undefined, body);
    if (value === undefined || value === null) continue;
    if (!test(value)) throw invalidField(`must be ${must}`, ...path);
    if (!option.startsWith("extra.")) options[option] = value;
    else if (!hasNoEffect(value)) extra[option.slice("extra.".length)] = value;
  }
  return { ...options, ...(Object.keys(extra).length > 0 && { extra }) };
}

/** Whether it is the default of a penalty or of the verbosity. */
function hasNoEffect(value: unknown): boolean {
  return value === 0 || value === "medium";
}
