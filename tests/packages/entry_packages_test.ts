/** Checks which packages each entry loads: importing one entry must not install those of others. */
import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { outputOf, ROOT } from "./jsr/project.ts";

/** The packages of npm that each entry loads, those of type imports and lazy imports included. */
const PACKAGES: Record<string, readonly string[]> = {
  ".": [
    "@cfworker/json-schema",
    "@pydantic/genai-prices",
    "@standard-schema/spec",
    "eventsource-parser",
    "lru-cache",
    "openai",
    "undici",
  ],
  "./ai-sdk": ["@ai-sdk/provider"],
  "./cli": [
    "@cfworker/json-schema",
    "@hono/node-server",
    "@pydantic/genai-prices",
    "@standard-schema/spec",
    "commander",
    "csv-stringify",
    "eventsource-parser",
    "hono",
    "lru-cache",
    "openai",
    "undici",
  ],
  "./hono": [
    "@cfworker/json-schema",
    "@pydantic/genai-prices",
    "@standard-schema/spec",
    "hono",
    "lru-cache",
  ],
  "./journal": [],
  "./openai": ["eventsource-parser", "openai", "undici"],
  "./testing": [],
  "./workers": [
    "@cfworker/json-schema",
    "@pydantic/genai-prices",
    "@standard-schema/spec",
    "lru-cache",
  ],
};

interface Info {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier: string };
      readonly type?: { readonly specifier: string };
    }[];
  }[];
}

/** Returns what the modules of an entry import. */
async function importsOf(entry: string): Promise<{ own: string[]; others: Set<string> }> {
  const path = config.exports[entry as keyof typeof config.exports];
  const { modules } = JSON.parse(
    await outputOf("deno", ["info", "--json", path], { cwd: ROOT }),
  ) as Info;
  const own = modules.map(({ specifier }) => specifier).filter((url) => url.startsWith(ROOT.href));
  const others = new Set<string>();
  for (const { specifier, dependencies = [] } of modules) {
    // The mirrors of std stand for packages of JSR.
    if (specifier.includes("/tools/std/")) continue;
    for (const { code, type } of dependencies) {
      for (const target of [code?.specifier, type?.specifier]) {
        const [, name] = target?.match(/^npm:\/?((?:@[^/]+\/)?[^/@]+)/) ?? [];
        if (name !== undefined) others.add(name);
      }
    }
  }
  return { own: own.map((url) => url.slice(ROOT.href.length)), others };
}

for (const entry of Object.keys(config.exports)) {
  Deno.test(`${entry} loads only the packages that it needs`, async () => {
    const { others } = await importsOf(entry);
    assertEquals([...others].sort(), PACKAGES[entry]);
  });
}

Deno.test("the main entry loads no module of the rooms behind other entries", async () => {
  const { own } = await importsOf(".");
  const rooms = /^src\/(cli|hono|journal|testing|workers|providers\/ai_sdk)\//;
  assertEquals(own.filter((path) => rooms.test(path)), []);
  assertEquals(own.includes("src/providers/openai/openai.ts"), true);
});
