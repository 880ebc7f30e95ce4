/**
 * The fields of requests to OpenAI's API. A field that agents use is parsed elsewhere. A field
 * without influence on the answer is accepted. A field for a feature that agents do not have is
 * rejected by name, unless its value requests nothing.
 */
import { isRecord } from "../../model/check_options.ts";
import { type FieldRule, ignored, supportedIf, used, validIf } from "./check_fields.ts";
import { unsupportedField } from "./request_problem.ts";

const isFlag = (value: unknown) => typeof value === "boolean";
const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0;
const never = () => false;

const absent = (why: string) => supportedIf(`absent, as ${why}`, never);

/** The rules for the fields that both APIs have. */
const COMMON_FIELDS: Readonly<Record<string, FieldRule>> = {
  model: used,
  stream: validIf("true or false", isFlag),
  stream_options: validIf("an object", isRecord),
  temperature: used,
  top_p: used,
  metadata: validIf("an object", isRecord),
  parallel_tool_calls: validIf("true or false", isFlag),
  access_programs: ignored,
  prompt_cache_key: ignored,
  prompt_cache_options: ignored,
  prompt_cache_retention: ignored,
  safety_identifier: ignored,
  user: ignored,
  moderation: absent("answers are not moderated separately"),
  service_tier: supportedIf(
    '"auto" or "default", as the server chooses the tier',
    (value) => value === "auto" || value === "default",
  ),
  tool_choice: supportedIf(
    '"none" or "auto", as an agent has tools of its own',
    (value) => value === "none" || value === "auto",
  ),
  top_logprobs: supportedIf("0, as there are no log probabilities", (value) => value === 0),
};

/** The rules for a request of a chat completion. */
export const CHAT_FIELDS: Readonly<Record<string, FieldRule>> = {
  ...COMMON_FIELDS,
  messages: used,
  max_tokens: used,
  max_completion_tokens: used,
  seed: used,
  stop: used,
  reasoning_effort: used,
  response_format: used,
  frequency_penalty: used,
  presence_penalty: used,
  logit_bias: supportedIf(
    "empty, as the tokens are those of the agent's model",
    (value) => isRecord(value) && Object.keys(value).length === 0,
  ),
  verbosity: used,
  tools: used,
  functions: used,
  function_call: supportedIf(
    '"none" or "auto", as an agent has tools of its own',
    (value) => value === "none" || value === "auto",
  ),
  // A prediction makes an answer faster, but not another one.
  prediction: ignored,
  n: supportedIf("1, as an agent returns one answer", (value) => value === 1),
  logprobs: supportedIf("false, as there are no log probabilities", (value) => value === false),
  modalities: supportedIf(
    'a list of "text" only, as agents answer in text',
    (value) => Array.isArray(value) && value.length > 0 && value.every((one) => one === "text"),
  ),
  audio: absent("agents answer in text"),
  web_search_options: absent("an agent has tools of its own"),
  store: supportedIf("false, as no answers are stored", (value) => value === false),
};

/** The rules for a request of the Responses API. */
export const RESPONSES_FIELDS: Readonly<Record<string, FieldRule>> = {
  ...COMMON_FIELDS,
  input: used,
  instructions: used,
  max_output_tokens: used,
  reasoning: used,
  text: used,
  tools: used,
  // OpenAI's default is true, and its clients send that. Nothing is stored either way.
  store: validIf("true or false", isFlag),
  include: supportedIf(
    "a list without log probabilities, as there are none",
    (value) => Array.isArray(value) && !value.includes("message.output_text.logprobs"),
  ),
  previous_response_id: absent("no responses are stored: send the whole conversation as `input`"),
  conversation: absent("no conversations are stored: send the whole conversation as `input`"),
  background: supportedIf("false, as no responses are stored", (value) => value === false),
  prompt: absent("the agent has a prompt of its own"),
  image: absent("agents answer in text"),
  max_tool_calls: absent("an agent has tools of its own"),
  context_management: supportedIf("empty, as conversations are not compacted", isEmptyList),
  truncation: supportedIf(
    '"disabled", as conversations are not truncated',
    (value) => value === "disabled",
  ),
};

/**
 * Rejects tools of the client, unless `tool_choice` forbids their use.
 *
 * @throws {Problem} If there are any.
 */
export function rejectClientTools(
  field: "tools" | "functions",
  tools: unknown,
  choice: unknown,
): void {
  if (tools === undefined || tools === null || isEmptyList(tools) || choice === "none") return;
  throw unsupportedField("must be empty, as an agent has tools of its own", field);
}
