/** Returns the message of a thrown value, to be appended to the message of another error. */
export function causeMessage(cause: unknown): string {
  if (cause instanceof Error && cause.message !== "") return cause.message;
  return typeof cause === "string" && cause !== "" ? cause : "it threw no error with a message";
}
