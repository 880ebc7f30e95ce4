/**
 * Finds other runtimes: at the paths in `SHOAL_NODE_22`, `SHOAL_NODE` and `SHOAL_BUN`, and on
 * `PATH`.
 */

/** A runtime. */
export interface Runtime {
  /** Its name and version. */
  readonly name: string;
  /** The path of its executable; absent if it is not installed. */
  readonly path?: string;
  /** Whether it supports `using`. */
  readonly isCurrent: boolean;
}

const decoder = new TextDecoder();

/** Finds the runtimes. Missing ones are listed, too, so that their tests are ignored by name. */
export async function findRuntimes(): Promise<readonly Runtime[]> {
  const nodes = await findVersions([
    Deno.env.get("SHOAL_NODE_22"),
    Deno.env.get("SHOAL_NODE"),
    "node",
  ]);
  const buns = await findVersions([Deno.env.get("SHOAL_BUN"), "bun"]);
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
      name: `${name} (not found: set SHOAL_${name.toUpperCase()} to its path)`,
      isCurrent: true,
    })),
  ];
}

/** Returns the versions of the executables that run, each version once. */
async function findVersions(
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
      // There is no executable at this path.
    }
  }
  return [...found].map(([version, path]) => ({ path, version }));
}
