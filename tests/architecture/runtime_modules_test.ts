/**
 * Importing an entry loads only modules of the runtime that exist where the entry should run. Only
 * static imports count, as a dynamic one can be left out where it does not work.
 */
import { assertEquals } from "@std/assert";
import { ROOT } from "./module_graph.ts";

/** Modules that Deno, Node, Bun and Cloudflare's workerd have. */
const EVERYWHERE = [
  "node:async_hooks",
  "node:buffer",
  "node:crypto",
  "node:events",
  "node:module",
  "node:path",
  "node:process",
  "node:timers",
  "node:url",
  "node:util",
];

/** Modules that Deno, Node 22 and Bun have. `node:sqlite` is loaded when it is used. */
const WITHOUT_WORKERD = [
  ...EVERYWHERE,
  "node:child_process",
  "node:fs",
  "node:fs/promises",
  "node:http",
  "node:http2",
  "node:https",
  "node:net",
  "node:os",
  "node:stream",
  "node:stream/promises",
  "node:timers/promises",
  "node:tls",
  "node:tty",
  "node:v8",
  "node:worker_threads",
  "node:zlib",
];

/** The modules that each entry of `deno.json` may import. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  ".": EVERYWHERE,
  "./ai-sdk": EVERYWHERE,
  "./cli": WITHOUT_WORKERD,
  "./hono": EVERYWHERE,
  "./journal": [...EVERYWHERE, "node:v8"],
  "./openai": EVERYWHERE,
  "./testing": WITHOUT_WORKERD,
  "./workers": WITHOUT_WORKERD,
};

interface InfoModule {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly isDynamic?: boolean;
    readonly code?: { readonly specifier: string };
  }[];
}

/** Returns the modules of the runtime that an entry imports statically, each with a file. */
async function runtimeModules(entry: string): Promise<Map<string, string>> {
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: ["info", "--json", entry],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { roots, modules } = JSON.parse(new TextDecoder().decode(stdout));
  const known = new Map(
    (modules as InfoModule[]).map((module) => [module.specifier, module] as const),
  );
  const found = new Map<string, string>();
  const visited = new Set<string>(roots);
  for (const specifier of visited) {
    for (const { isDynamic, code } of known.get(specifier)?.dependencies ?? []) {
      // An import of types has no code.
      if (isDynamic || code === undefined) continue;
      if (/^(?:node|bun):/.test(code.specifier)) found.set(code.specifier, specifier);
      else visited.add(code.specifier);
    }
  }
  return found;
}

const { exports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));

for (const [entry, path] of Object.entries<string>(exports)) {
  Deno.test(`importing ${entry} loads only modules that its runtimes have`, async () => {
    const modules = await runtimeModules(path);
    const wrong = [...modules].filter(([name]) => !MAY_IMPORT[entry]!.includes(name));
    assertEquals(wrong.map(([name, file]) => `${file.replace(ROOT.href, "")}: ${name}`), []);
  });
}

Deno.test("finds static imports through other modules, and neither dynamic ones nor types", async () => {
  const found = await runtimeModules("tests/architecture/runtime_modules/entry.ts");
  assertEquals([...found.keys()].sort(), ["node:net", "node:tls"]);
});
