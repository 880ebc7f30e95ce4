/**
 * Finds the entry file of a worker: it is beside this file. Bundles with code splitting must have
 * `worker_main.ts` as an entry point, in the folder of their chunks.
 */
const entry = new URL("./worker_main.ts", import.meta.url);
// In bundles and in JSR's packages for npm, modules have another extension than in the sources.
const [extension] = /\.[a-z]+$/.exec(new URL(import.meta.url).pathname) ?? [".js"];
entry.pathname = entry.pathname.replace(/\.ts$/, extension);

/** The URL of the entry file of a worker. */
export const WORKER_ENTRY: URL = entry;
