/**
 * The tests that do not run on Node and Bun, each with the reason. A path that ends with `/` is a
 * folder; `*` stands for a name. All other test files run there. Single tests are ignored where
 * they are.
 */
export const NEED_DENO: Readonly<Record<string, string>> = {
  "tests/*/runtimes/": "runs programs on Node and Bun, from Deno",
  "tests/architecture/": "asks `deno info` for the graph of the modules",
  "tests/bench/": "tests the bench, which runs on Deno",
  "tests/cli/install_test.ts": "tests `deno install`",
  "tests/cli/package_copies_test.ts": "bundles copies of the package, from Deno",
  "tests/cli/permissions_test.ts": "tests the permissions of Deno",
  "tests/docs/": "tests the documents, and runs what they show on Deno",
  "tests/hono/deploy_test.ts": "tests an example with `deno serve`",
  "tests/packages/": "tests the packages that are published, from Deno",
  "tests/providers/ai_sdk/imports_test.ts": "asks `deno info` for the imports of a module",
  "tests/providers/http/connection_gate_test.ts": "tests the HTTP/2 clients of Deno",
  "tests/providers/http/transport_test.ts": "tests the HTTP/2 clients of Deno",
  "tests/testing/simulator/tls_test.ts": "sends its requests with the HTTP client of Deno",
  "tests/types/": "asks `deno lsp` for the errors of the compiler",
  "tests/workers/permissions_test.ts": "tests the permissions of Deno",
};

/** Returns the entry of a test file that is not run on Node and Bun, or `undefined` if it is. */
export function entryNotRun(file: string): string | undefined {
  return Object.keys(NEED_DENO).find((path) => {
    const pattern = path.replaceAll(".", "\\.").replaceAll("*", "[^/]+");
    return new RegExp(path.endsWith("/") ? `^${pattern}` : `^${pattern}$`).test(file);
  });
}
