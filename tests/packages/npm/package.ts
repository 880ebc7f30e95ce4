/** Builds and packs the package for npm. */
import { fileURLToPath } from "node:url";
import { mustRun } from "../../runtimes/command.ts";

/** The root of the project. */
export const ROOT: string = fileURLToPath(new URL("../../../", import.meta.url));

/** The folder with the built package. */
export const PACKAGE = `${ROOT}npm`;

/** A packed package. */
export interface Packed {
  /** The path of the file. */
  readonly tarball: string;
  /** Its size in bytes. */
  readonly size: number;
  /** The hash of its contents. */
  readonly integrity: string;
  /** The paths of the files in it. */
  readonly files: readonly string[];
}

/** Builds the package, and packs it into a folder. */
export async function buildAndPack(folder: string): Promise<Packed> {
  await mustRun(["deno", "task", "npm"], { cwd: ROOT });
  const { out } = await mustRun(
    ["npm", "pack", "--json", "--ignore-scripts", `--pack-destination=${folder}`],
    { cwd: PACKAGE },
  );
  const json = JSON.parse(out);
  // npm 12 lists packages by their names.
  const [{ filename, size, integrity, files }] = Array.isArray(json) ? json : Object.values(json);
  return {
    tarball: `${folder}/${filename}`,
    size,
    integrity,
    files: files.map(({ path }: { path: string }) => path),
  };
}
