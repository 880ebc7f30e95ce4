/** Reads the tarballs that are uploaded to the registry. */
import { parseTarGzip } from "nanotar";

/** Returns the files of a gzipped tarball by their paths, which begin with a slash. */
export async function readTarball(bytes: Uint8Array): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const { name, type, data } of await parseTarGzip(bytes)) {
    if (type !== "file") throw new TypeError(`Cannot publish ${name} as it is not a file`);
    files.set(`/${name.replace(/^\.?\//, "")}`, data ?? new Uint8Array());
  }
  return files;
}
