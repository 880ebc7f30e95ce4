/** Finds the other runtimes that the command line supports. */

/** A runtime. */
export interface Runtime {
  /** Its name, and how to set its path if it is missing. */
  readonly name: string;
  /** The path of its executable; absent if it is not installed. */
  readonly path?: string;
}

const VARIABLES = { "Node 22": "SHOAL_NODE_22", "Node 24": "SHOAL_NODE", Bun: "SHOAL_BUN" };

/** The runtimes. Missing ones are listed, too, so that their tests are ignored by name. */
export const RUNTIMES: readonly Runtime[] = Object.entries(VARIABLES).map(([name, variable]) => {
  const path = Deno.env.get(variable);
  return path ? { name, path } : { name: `${name} (not found: set ${variable} to its path)` };
});
