/** The runtimes that differ in how requests are sent or where code can run. */
export type Runtime = "deno" | "bun" | "node" | "workerd";

/** The globals that identify a runtime. No runtime has all of them. */
interface Globals {
  readonly navigator?: { readonly userAgent?: string };
  readonly process?: { readonly versions?: Readonly<Record<string, string | undefined>> };
}

/** Returns the runtime; `undefined` in browsers and in unknown runtimes. */
export function currentRuntime(): Runtime | undefined {
  const { navigator, process } = globalThis as unknown as Globals;
  // Cloudflare's workers, Deno and Bun also report a version of Node.
  if (navigator?.userAgent === "Cloudflare-Workers") return "workerd";
  // Bundlers give browsers a `process` without versions.
  const { deno, bun, node } = process?.versions ?? {};
  if (deno !== undefined) return "deno";
  if (bun !== undefined) return "bun";
  return node === undefined ? undefined : "node";
}
