/** Finds Node and Bun: at the paths in `SHOAL_NODE` and `SHOAL_BUN`, or on `PATH`. */

/** Another runtime. */
export interface OtherRuntime {
  /** Its name and version, or its name and what to do if it was not found. */
  readonly name: string;
  /** The path of its executable; absent if it was not found. */
  readonly path?: string;
}

/** Returns a runtime: `node` or `bun`. */
export async function findRuntime(command: "node" | "bun"): Promise<OtherRuntime> {
  const name = command === "node" ? "Node" : "Bun";
  const variable = `SHOAL_${command.toUpperCase()}`;
  const path = Deno.env.get(variable) || command;
  try {
    const { success, stdout } = await new Deno.Command(path, { args: ["--version"] }).output();
    const version = new TextDecoder().decode(stdout).trim().replace(/^v/, "");
    if (success) return { name: `${name} ${version}`, path };
  } catch {
    // There is no executable at this path.
  }
  return { name: `${name}: not found, set ${variable} to its path` };
}
