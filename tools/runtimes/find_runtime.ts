/** Node or Bun. */
export type RuntimeName = "node" | "bun";

const VARIABLES = { node: "SHOAL_NODE", bun: "SHOAL_BUN" };
/** The packages with the versions that npx installs. */
const PACKAGES = { node: "node@24", bun: "bun@1" };

/** An executable of a runtime. */
export interface Runtime {
  /** Which runtime it is. */
  readonly name: RuntimeName;
  /** Its path. */
  readonly path: string;
  /** Its name and version, as in "Node 24.1.0". */
  readonly title: string;
}

/** Returns the runtime at `SHOAL_NODE` or `SHOAL_BUN`, or else one that npx installs. */
export async function findRuntime(name: RuntimeName): Promise<Runtime> {
  const path = Deno.env.get(VARIABLES[name]) || await outputOf(
    "npx",
    "--yes",
    `--package=${PACKAGES[name]}`,
    "-c",
    `command -v ${name}`,
  );
  const version = (await outputOf(path, "--version")).replace(/^v/, "");
  return { name, path, title: `${name === "node" ? "Node" : "Bun"} ${version}` };
}

async function outputOf(path: string, ...args: readonly string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(path, { args: [...args], stderr: "inherit" })
    .output();
  if (!success) throw new Error(`${path} ${args.join(" ")} failed`);
  return new TextDecoder().decode(stdout).trim();
}
