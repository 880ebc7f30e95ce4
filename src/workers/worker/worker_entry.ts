/**
 * Where the entry file of a worker is: beside this file, with the same extension. So it is found
 * in the sources, on JSR, in JSR's packages for npm, and in a bundle with code splitting whose
 * entry points and chunks are in one folder, if `worker_main.ts` is one of its entry points.
 */
const EXTENSION = /\.[cm]?[jt]s$/.exec(new URL(import.meta.url).pathname)?.[0] ?? ".js";

/** The URL of the entry file. */
export const WORKER_ENTRY: URL = new URL(`./worker_main${EXTENSION}`, import.meta.url);
