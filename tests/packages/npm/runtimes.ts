/** The runtimes on which the package is used: at the paths in the environment. */

/** A runtime. */
export interface Runtime {
  /** Its name; if it is not installed, with what to do about that. */
  readonly name: string;
  /** The path of its executable. */
  readonly path: string;
  /** Whether it is not installed. */
  readonly isMissing: boolean;
  readonly isBun: boolean;
  /** Whether it knows `using`. */
  readonly hasUsing: boolean;
}

function runtime(name: string, variable: string): Runtime {
  const path = Deno.env.get(variable) ?? "";
  return {
    name: path === "" ? `${name} (ignored: set ${variable} to its path)` : name,
    path,
    isMissing: path === "",
    isBun: name === "Bun",
    hasUsing: name !== "Node 22",
  };
}

/** Node 24. */
export const NODE_24: Runtime = runtime("Node 24", "SHOAL_NODE");

/** Node 22, Node 24 and Bun. */
export const RUNTIMES: readonly Runtime[] = [
  runtime("Node 22", "SHOAL_NODE_22"),
  NODE_24,
  runtime("Bun", "SHOAL_BUN"),
];
