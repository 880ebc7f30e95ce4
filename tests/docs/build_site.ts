/** Builds the site of the docs, once per run of the tests. */
const ROOT = new URL("../../", import.meta.url);

/** The folder of the built site. */
export const SITE: URL = new URL("site/", ROOT);

/** The time limit of a process, in milliseconds: the first build downloads its dependencies. */
const TIME_LIMIT = 600_000;

/** Runs a task or a module with the dependencies of the site, and returns all that it prints. */
export async function runDeno(
  args: readonly string[],
): Promise<{ readonly success: boolean; readonly output: string }> {
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(TIME_LIMIT),
  }).output();
  return { success, output: [stdout, stderr].map((b) => new TextDecoder().decode(b)).join("") };
}

/**
 * Builds the site by `deno task docs`, which also checks the links and the spelling.
 *
 * @throws {Error} If it fails, with what it printed.
 */
export async function buildSite(): Promise<void> {
  const { success, output } = await runDeno(["task", "docs"]);
  if (!success) throw new Error(output);
}

/** Returns the paths of all files of the site with an ending. */
export function siteFilesWith(ending: string, folder = ""): readonly string[] {
  return [...Deno.readDirSync(new URL(folder, SITE))].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return siteFilesWith(ending, `${folder}${name}/`);
    return name.endsWith(ending) ? [folder + name] : [];
  });
}
