import {
  checkOptions,
  oneOf,
  refuse,
  type Rule,
  type RulesFor,
} from "../../model/check_options.ts";

/** What a client of OpenAI's API may override, if the agent sets it. */
export type OpenAIOverride =
  | "system"
  | "maxTokens"
  | "temperature"
  | "topP"
  | "stop"
  | "seed"
  | "reasoningEffort"
  | "extra";

/** Options of the routes for clients of OpenAI's API. */
export interface OpenAIRoutesOptions {
  /**
   * The options of agents that clients may override: `system`, `maxTokens`, `temperature`, `topP`,
   * `stop`, `seed`, `reasoningEffort` and `extra`. What is not listed is a bound if the agent sets
   * it: clients get at most its `maxTokens`, `temperature`, `topP` and `reasoningEffort`, and
   * exactly its `stop`, `seed` and `extra`; their system messages are rejected if the agent has a
   * `system`. What the agent does not set is up to the client.
   *
   * @default {[]}
   */
  readonly overrides?: readonly OpenAIOverride[];
}

const overrideRule = oneOf(
  "system",
  "maxTokens",
  "temperature",
  "topP",
  "stop",
  "seed",
  "reasoningEffort",
  "extra",
);

const OPENAI_RULES: RulesFor<OpenAIRoutesOptions> = {
  overrides(doing, name, value) {
    if (!Array.isArray(value)) refuse(doing, name, "a list of options of agents", value);
    for (const [i, one] of value.entries()) overrideRule(doing, `${name}[${i}]`, one);
  },
};

/** The rule for the option `openai`. */
export const openaiRule: Rule = (doing, name, value) => {
  if (typeof value === "boolean") return;
  if (typeof value !== "object") refuse(doing, name, "true, false or an object", value);
  checkOptions(`${doing}: ${name}`, value, OPENAI_RULES);
};
