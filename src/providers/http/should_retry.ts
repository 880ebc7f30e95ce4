import type { HeaderReader } from "./header_reader.ts";

/**
 * Reads what the server says about retries: OpenAI, Anthropic and many gateways send
 * `x-should-retry`. It overrides what the status says.
 *
 * @returns `undefined` if the header is absent or is neither `true` nor `false`.
 */
export function readShouldRetry(headers: HeaderReader): boolean | undefined {
  const header = headers.get("x-should-retry");
  return header === "true" ? true : header === "false" ? false : undefined;
}
