/** Files that are there for a measurement only. */
import { fileURLToPath } from "node:url";

/** A folder that is empty at first, and gone when it is disposed. */
export interface ScratchFolder extends AsyncDisposable {
  /** The path of a file in it. */
  path(name: string): string;
}

/** Makes one below `bench/`: on the disk that a project has its files on, which a temporary folder may not be. */
export async function createScratchFolder(): Promise<ScratchFolder> {
  const all = fileURLToPath(new URL("../scratch/", import.meta.url));
  await Deno.mkdir(all, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: all });
  return {
    path: (name) => `${folder}/${name}`,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
