/** The parts of the global scope that tell runtimes apart. */
interface Globals {
  readonly Deno?: unknown;
  readonly Bun?: unknown;
  readonly navigator?: { readonly userAgent?: string };
  readonly process?: { readonly versions?: { readonly node?: string } };
}

/**
 * Returns the runtime, if requests are sent in a way of its own there. Deno, Bun and Cloudflare's
 * workers have Node's globals, too.
 */
export function runtimeName(): "deno" | "bun" | "node" | undefined {
  const { Deno, Bun, navigator, process } = globalThis as Globals;
  if (Deno !== undefined) return "deno";
  if (Bun !== undefined) return "bun";
  const isWorkerd = navigator?.userAgent === "Cloudflare-Workers";
  return process?.versions?.node !== undefined && !isWorkerd ? "node" : undefined;
}
