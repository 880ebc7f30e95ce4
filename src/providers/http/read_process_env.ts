/** Reads an environment variable. One that is empty or may not be read counts as not set. */
export function readProcessEnv(name: string): string | undefined {
  try {
    const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
    return process?.env?.[name] || undefined;
  } catch {
    // Deno throws an error if the permission is missing.
    return undefined;
  }
}
