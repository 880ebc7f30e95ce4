/** The runtimes on which tests run programs: those at the paths in the environment. */

/** A runtime. */
export interface Runtime {
  /** Its name, for the titles of tests; if it is missing, with what to do about that. */
  readonly name: string;
  /** The path of its executable. Absent if its variable is not set. */
  readonly path?: string;
  readonly isBun: boolean;
  /** Whether it supports `using`. */
  readonly hasUsing: boolean;
}

function runtime(name: string, variable: string): Runtime {
  const path = Deno.env.get(variable);
  const isMissing = path === undefined || path === "";
  return {
    name: isMissing ? `${name} (not found: set ${variable} to its path)` : name,
    ...(!isMissing && { path }),
    isBun: name === "Bun",
    hasUsing: name !== "Node 22",
  };
}

/** Node 24. */
export const NODE_24: Runtime = runtime("Node 24", "SHOAL_NODE");

/** Node 22, Node 24 and Bun. Tests of missing ones are ignored, and their titles say so. */
export const RUNTIMES: readonly Runtime[] = [
  runtime("Node 22", "SHOAL_NODE_22"),
  NODE_24,
  runtime("Bun", "SHOAL_BUN"),
];
