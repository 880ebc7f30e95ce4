/**
 * The tests that do not run on Node and Bun, each with the reason. A path that ends with `/` is a
 * folder. Every other test file runs there, so that new files need no entry.
 */
export const NEED_DENO: Readonly<Record<string, string>> = {
  "tests/architecture/": "asks `deno info` for the graph of the modules",
  "tests/bench/": "the bench is a tool of this repository and runs on Deno",
  "tests/tools/": "tests tools of this repository, which run on Deno",
  "tests/types/": "asks `deno lsp` for the errors of the compiler",
  "tests/journal/kv/": "Deno KV exists only on Deno",
};

/** Returns the reason why a test file is not run on Node and Bun, or `undefined` if it is. */
export function reasonNotToRun(file: string): string | undefined {
  return Object.entries(NEED_DENO).find(([path]) =>
    path.endsWith("/") ? file.startsWith(path) : file === path
  )?.[1];
}
