/** Returns the message of a thrown value, to be appended to the message of another error. */
export function causeMessage(cause: unknown): string {
  return cause instanceof Error ? cause.message : "a value that is not an Error was thrown";
}
