/** The adapter itself loads no package of the AI SDK. */
import { assertEquals } from "@std/assert";

interface Graph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly { readonly code?: { readonly specifier: string } }[];
  }[];
}

Deno.test("ai-sdk imports: loads no package", async () => {
  const entry = new URL("../../../src/providers/ai_sdk/ai_sdk.ts", import.meta.url);
  const { stdout } = await new Deno.Command("deno", {
    args: ["info", "--json", entry.href],
    cwd: new URL("../../../", import.meta.url),
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as Graph;
  const ours = modules.filter(({ specifier }) => specifier.includes("/src/"));
  const packages = ours.flatMap(({ dependencies = [] }) => dependencies)
    .map(({ code }) => code?.specifier ?? "")
    .filter((specifier) => specifier.startsWith("npm:"));
  assertEquals(packages, []);
  assertEquals(ours.some(({ specifier }) => specifier === entry.href), true);
});
