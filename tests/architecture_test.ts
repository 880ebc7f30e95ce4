/** The table of rooms is a test, so that it stays true. */
import { assertEquals } from "@std/assert";

/** Which rooms of `src/` a room may import from. Files that lie in `src/` itself wire the rooms together. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  model: [],
  async: [],
  output: ["model"],
  resilience: ["model", "async"],
  limits: ["model", "async"],
  cache: ["model", "async"],
  pricing: ["model"],
  journal: ["model", "async"],
  testing: ["model", "async"],
  "providers/http": ["model", "async"],
  "providers/openai": ["providers/http", "model", "async"],
  "providers/ai_sdk": ["providers/http", "model", "async"],
  call: ["model", "async", "output", "resilience", "limits", "cache", "pricing"],
  agent: ["call", "output", "model", "async"],
  run: ["agent", "call", "model", "limits", "async", "pricing"],
  workflows: ["run", "agent", "call", "output", "model", "async"],
  workers: ["run", "agent", "call", "model", "limits", "async", "cache", "resilience", "pricing"],
  hono: ["workflows", "run", "agent", "call", "output", "model", "limits", "resilience", "async"],
  cli: [
    "hono",
    "workers",
    "workflows",
    "run",
    "agent",
    "call",
    "journal",
    "providers/openai",
    "providers/http",
    "testing",
    "model",
    "pricing",
    "async",
    "output",
  ],
};

/** Packages that only one room may need. */
const ONLY_IN: Record<string, readonly string[]> = {
  "npm:openai": ["providers/openai"],
  "npm:@ai-sdk/provider": ["providers/ai_sdk"],
  "npm:hono": ["hono"],
  "npm:commander": ["cli"],
  "npm:csv-parse": ["cli"],
  "npm:csv-stringify": ["cli"],
  "npm:lru-cache": ["cache"],
  "npm:@pydantic/genai-prices": ["pricing"],
  "npm:@standard-schema/spec": ["output"],
};

/** No package of the tests and examples may get into what is published. */
const NEVER = [
  "npm:zod",
  "npm:fast-check",
  "npm:@sinonjs/fake-timers",
  "npm:p-map",
  "npm:p-limit",
  "npm:@hono/node-server",
  "npm:@sparticuz/chromium",
  "npm:playwright-core",
];

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly specifier: string;
    readonly code?: { readonly specifier: string };
    readonly type?: { readonly specifier: string };
  }[];
}

const root = new URL("../", import.meta.url).href;

async function modules(): Promise<Module[]> {
  const entries = [
    "mod.ts",
    "src/providers/openai/openai.ts",
    "src/providers/ai_sdk/ai_sdk.ts",
    "src/cli/main.ts",
    "src/hono/mod.ts",
    "src/journal/mod.ts",
    "src/testing/mod.ts",
    "src/workers/workers.ts",
    "src/workers/worker/worker_main.ts",
  ];
  const graphs = entries.map(async (entry) => {
    const { success, stdout, stderr } = await new Deno.Command("deno", {
      args: ["info", "--json", entry],
      cwd: new URL(root),
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return JSON.parse(new TextDecoder().decode(stdout)).modules as Module[];
  });
  const all = (await Promise.all(graphs)).flat();
  return [...new Map(all.map((module) => [module.specifier, module])).values()]
    .filter(({ specifier }) => specifier.startsWith(root + "src/"));
}

/** The path below `src/`, and the room; a file in `src/` itself has none. */
function place(specifier: string): { path: string; room: string | undefined } {
  const path = specifier.slice((root + "src/").length);
  const [first, second] = path.split("/");
  if (second === undefined) return { path, room: undefined };
  return { path, room: first === "providers" ? `${first}/${second}` : first };
}

Deno.test("each room imports only from the rooms that the table allows", async () => {
  const all = await modules();
  const wrong: string[] = [];
  for (const { specifier, dependencies = [] } of all) {
    const { path, room } = place(specifier);
    if (room === undefined) continue;
    for (const { code, type } of dependencies) {
      const target = (code ?? type)?.specifier ?? "";
      if (!target.startsWith(root + "src/")) continue;
      const to = place(target);
      const allowed = to.room === room || MAY_IMPORT[room]?.includes(to.room ?? "");
      if (!allowed) wrong.push(`${path} → ${to.path}`);
      // A file whose name begins with _ is private to its folder.
      if (to.path.includes("/_") && to.room !== room) wrong.push(`${path} → ${to.path} (private)`);
    }
  }
  assertEquals(wrong, []);
  assertEquals(new Set(all.map(({ specifier }) => place(specifier).room)).size > 6, true);
});

Deno.test("packages are imported only where they belong", async () => {
  const wrong: string[] = [];
  for (const { specifier, dependencies = [] } of await modules()) {
    const { path, room } = place(specifier);
    for (const { code, type } of dependencies) {
      const target = ((code ?? type)?.specifier ?? "").replace("npm:/", "npm:");
      for (const [name, rooms] of Object.entries(ONLY_IN)) {
        if (target.startsWith(name) && !rooms.includes(room ?? "")) {
          wrong.push(`${path} → ${target}`);
        }
      }
      if (NEVER.some((name) => target.startsWith(name))) wrong.push(`${path} → ${target}`);
    }
  }
  assertEquals(wrong, []);
});
