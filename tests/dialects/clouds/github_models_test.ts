/** GitHub Models. */
import { dialect } from "../harness.ts";
import { answer } from "../form.ts";

dialect("github models", {
  "reads a text": { ...answer("forty-two", "stop"), expect: { text: "forty-two" } },
  "reports a limit of requests": {
    status: 429,
    headers: { "retry-after": "12" },
    json: { error: { code: "RateLimitReached", message: "Rate limit of 10 per 60s exceeded" } },
    expect: {
      error: "rate_limited",
      status: 429,
      retryable: true,
      retryAfterMs: 12_000,
      message: "Rate limit of 10",
    },
  },
  "does not retry an unknown model": {
    status: 404,
    json: { error: { code: "unknown_model", message: "Unknown model: m", details: "No model m" } },
    expect: { error: "provider", status: 404, message: "Unknown model: m" },
  },
  "reads a plain text": {
    status: 401,
    text: "Unauthorized\n",
    expect: { error: "provider", status: 401, message: "the server answered 401: Unauthorized" },
  },
});
