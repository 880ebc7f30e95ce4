import { causeMessage } from "../../model/cause_message.ts";

/**
 * Returns why a fetch failed. Its own message is only "fetch failed": the reason is in the cause,
 * which Deno begins with a URL that may contain a key.
 */
export function failureMessage(thrown: unknown): string {
  const { cause } = thrown as { readonly cause?: unknown };
  if (!(cause instanceof Error)) return causeMessage(thrown);
  // Node's error of several addresses has no message, only a code.
  const { message, code } = cause as Error & { readonly code?: string };
  return (message || code || causeMessage(thrown))
    .replace(/^error sending request .*?: (?=client error)/, "");
}
