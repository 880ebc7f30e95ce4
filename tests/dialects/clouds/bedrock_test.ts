/** Amazon Bedrock's compatible endpoint, and gateways in front of it. */
import { dialect } from "../harness.ts";
import { answer } from "../form.ts";

dialect("bedrock", {
  "reads end_turn as stop": { ...answer("forty-two", "end_turn"), expect: { text: "forty-two" } },
  "reports a guardrail as a filter": {
    ...answer("Blocked.", "guardrail_intervened"),
    expect: { text: "Blocked.", finishReason: "content_filter", error: "filtered" },
  },
  "retries a malformed tool use": {
    ...answer("", "malformed_tool_use"),
    tools: true,
    expect: { error: "provider", retryable: true },
  },
  "reads a message with a capital letter": {
    status: 403,
    json: { Message: "User is not authorized to perform this action" },
    expect: { error: "provider", status: 403, message: "User is not authorized" },
  },
  "reads an error in a text": {
    status: 400,
    json: { message: '{"error":{"message":"The model id is invalid","type":"invalid_request"}}' },
    expect: { error: "provider", status: 400, message: "The model id is invalid" },
  },
});
