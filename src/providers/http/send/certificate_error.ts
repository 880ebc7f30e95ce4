import { causeMessage } from "../../../model/cause_message.ts";
import { ProviderError } from "../../../model/errors.ts";

/** Returns the error of a certificate in `caCerts` that cannot be read. */
export function certificateError(cause: unknown): ProviderError {
  return new ProviderError(
    `the option \`caCerts\` has an invalid certificate: ${causeMessage(cause)}`,
    { code: "provider", retryable: false, cause },
  );
}
