/** The other runtimes that there are on this machine: `SHOAL_NODE` and `SHOAL_BUN` (paths), and those that `PATH` leads to. */

/** A runtime. */
export interface Runtime {
  /** Its name and version. */
  readonly name: string;
  /** Where it is; absent if there is none. */
  readonly path?: string;
  /** Does it know `using`? */
  readonly isCurrent: boolean;
}

const decoder = new TextDecoder();

/** Finds them. One that is missing is named as well, so that its tests can be ignored by name. */
export async function runtimes(): Promise<readonly Runtime[]> {
  const nodes = await versions([Deno.env.get("SHOAL_NODE"), "node"]);
  const buns = await versions([Deno.env.get("SHOAL_BUN"), "bun"]);
  const found = [
    ...nodes.map(({ path, version }) => ({
      name: `Node ${version}`,
      path,
      isCurrent: Number(version.split(".")[0]) >= 24,
    })).filter(({ name }) => Number(name.match(/\d+/)![0]) >= 20),
    ...buns.map(({ path, version }) => ({ name: `Bun ${version}`, path, isCurrent: true })),
  ];
  const missing = ["Node", "Bun"].filter((name) => !found.some((one) => one.name.startsWith(name)));
  return [
    ...found,
    ...missing.map((name) => ({
      name: `${name} (there is none here: set SHOAL_${name.toUpperCase()} to its path)`,
      isCurrent: true,
    })),
  ];
}

/** The versions of those that answer, each once. */
async function versions(
  paths: readonly (string | undefined)[],
): Promise<readonly { readonly path: string; readonly version: string }[]> {
  const found = new Map<string, string>();
  for (const path of paths) {
    if (!path) continue;
    try {
      const { success, stdout } = await new Deno.Command(path, { args: ["--version"] }).output();
      const version = decoder.decode(stdout).trim().replace(/^v/, "");
      if (success && !found.has(version)) found.set(version, path);
    } catch {
      // There is none at that path.
    }
  }
  return [...found].map(([version, path]) => ({ path, version }));
}
