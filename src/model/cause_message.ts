/** Returns the message of a thrown value, to be appended to the message of another error. */
export function causeMessage(cause: unknown): string {
  if (cause instanceof Error && cause.message !== "") return cause.message;
  return typeof cause === "string" && cause !== "" ? cause : "it threw no error with a message";
}

/** Returns Deno's message about a missing permission, if that is the cause of the error. */
export function missingPermission(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    // The message names a host, a file or a flag, and never a key.
    if (cause.name === "NotCapable") return cause.message;
  }
  return undefined;
}
