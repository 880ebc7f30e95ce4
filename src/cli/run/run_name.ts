/** The names of runs, which are those of their folders. */
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * Returns the name of a run as its folder is stored. Where the file system ignores the case of
 * letters, "Labels" finds the folder "labels": its journal knows only that name.
 */
export async function storedRunName(dir: string, name: string): Promise<string> {
  try {
    await stat(join(dir, name));
    const names = await readdir(dir);
    const fold = (text: string) => text.normalize("NFC").toLowerCase();
    return names.includes(name) ? name : names.find((one) => fold(one) === fold(name)) ?? name;
  } catch {
    // There is no such folder.
    return name;
  }
}

/** The maximum length of the input's name in the name of a run: names of folders have a limit. */
const MAX_STEM = 80;

/**
 * Returns the default name of a run: the same for the same agent, input and output. It is a valid
 * name of a folder on all systems.
 */
export function defaultRunName(agent: string, input: string, output: string): string {
  const hash = createHash("sha256").update(JSON.stringify([agent, input, output])).digest("hex");
  const file = (input === "-" ? "stdin" : input).split(/[\\/]/).at(-1)!;
  const stem = file.replace(/\.[^.]*$/, "").replaceAll(/[^\w-]+/g, "-").replace(/^-+/, "");
  return `${stem.slice(0, MAX_STEM) || "run"}-${hash.slice(0, 6)}`;
}

/** Returns why a run cannot have this name, which becomes that of a folder. */
export function runNameProblem(name: string, platform: string): string | undefined {
  if (name === "" || /[\\/]|^\.+$|^-/.test(name)) {
    return 'it must be the name of a folder, without a "-" in front';
  }
  if (platform !== "win32") return undefined;
  // deno-lint-ignore no-control-regex
  return /[<>:"|?*\x00-\x1f]|[. ]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(name)
    ? "Windows does not allow a folder with this name"
    : undefined;
}
