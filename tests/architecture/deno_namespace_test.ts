/** All runtimes run the same code: `node:` modules are used for what only Deno has otherwise. */
import { assertEquals } from "@std/assert";
import { declaredDenoTypes, linesWithDeno } from "./deno_namespace.ts";
import { filesIn, ROOT } from "./module_graph.ts";

/** The files of `src` that use the global `Deno`, each with the reason why. */
const USES_DENO: Readonly<Record<string, string>> = {
  "src/cli/commands/deno_permissions.ts": "the permissions that runs need",
  "src/cli/commands/start_server.ts": "Deno.serve",
  "src/journal/kv/open_kv.ts": "Deno KV",
  "src/providers/http/send/deno/http_client.ts": "HTTP clients with connections of their own",
  "src/workers/worker/worker_main.ts": "Deno.exit, which emits no event in a worker",
};

const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));

Deno.test("only the listed files of src use the global Deno", async () => {
  const found: string[] = [];
  for (const path of ["mod.ts", ...filesIn("src")]) {
    if (linesWithDeno(path, await read(path)).length > 0) found.push(path);
  }
  const listed = Object.keys(USES_DENO).sort();
  assertEquals(found.sort(), listed);
});

Deno.test("no exported declaration of src mentions a type of Deno", async () => {
  const found: string[] = [];
  for (const path of ["mod.ts", ...filesIn("src")]) {
    const types = declaredDenoTypes(path, await read(path));
    found.push(...types.map((type) => `${path}: ${type}`));
  }
  assertEquals(found, []);
});

Deno.test("finds each form in which code uses Deno, and no comment or text", () => {
  const uses = [
    "Deno.exit(1);",
    "globalThis.Deno?.version;",
    'globalThis["Deno"];',
    "const { Deno } = globalThis as { Deno?: object };",
    "const { Deno: deno } = globalThis as any;",
    'if ("Deno" in globalThis) {}',
    "let x: Deno.Kv;",
    "let x: typeof Deno;",
    'let x: Globals["Deno"];',
    "`${Deno.pid}`;",
  ];
  assertEquals(linesWithDeno("uses.ts", uses.join("\n")), uses.map((_, i) => i + 1));
  const others = [
    "// Deno.exit",
    "/** {@linkcode Deno.exit} */",
    'const x = "Deno.exit";',
    'show("Deno");',
    "`Deno.exit`;",
    "process.versions.deno;",
    "/Deno/;",
  ];
  assertEquals(linesWithDeno("others.ts", others.join("\n")), []);
});

Deno.test("finds types of Deno in exported declarations only", () => {
  const source = `
    interface Hidden { readonly Deno?: { exit(): void } }
    export interface Options { readonly permissions?: Deno.PermissionOptions }
    export function open(kv: { db: Deno.Kv }): typeof Deno { return local(kv); }
    function local(_: unknown): typeof Deno { const x: Deno.Command = _; return x as never; }
    export const names: string[] = ["Deno.Kv"];`;
  assertEquals(declaredDenoTypes("source.ts", source), [
    "Deno.PermissionOptions",
    "Deno.Kv",
    "typeof Deno",
  ]);
});
