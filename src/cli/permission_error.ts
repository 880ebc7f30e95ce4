/** What Deno says of a permission that is lacking, if that is why something failed. It names a host or a file, and no key. */
export function missingPermission(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Deno.errors.NotCapable) return cause.message;
  }
  return undefined;
}
