import { fileURLToPath } from "node:url";

/** A folder for the files of one measurement; disposing removes it. */
export interface ScratchFolder extends AsyncDisposable {
  /** Returns the path of a file in the folder. */
  path(name: string): string;
}

/**
 * Creates an empty folder in `bench/scratch/`: on the disk of the project, which a temporary folder
 * may not be.
 */
export async function createScratchFolder(): Promise<ScratchFolder> {
  const parent = fileURLToPath(new URL("../scratch/", import.meta.url));
  await Deno.mkdir(parent, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: parent });
  return {
    path: (name) => `${folder}/${name}`,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
