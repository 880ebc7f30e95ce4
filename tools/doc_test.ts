/** Runs the code blocks of the README, of `docs/` and of the public docs against a simulator. */
import { simulator } from "@shoal/agents/testing";

const FILES = ["README.md", "docs", "mod.ts", "src"];

await using server = simulator();
// Examples that serve must find a free port.
Deno.env.set("PORT", "0");
const { success } = await new Deno.Command("deno", {
  args: [
    "test",
    "--lock=dev.lock",
    "--frozen",
    "--no-prompt",
    "-P=test",
    "--doc",
    "--parallel",
    ...FILES,
  ],
  cwd: new URL("../", import.meta.url),
  env: { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: "none", AGENTS_TOKEN: "none" },
}).spawn().status;
if (!success) {
  await server.close();
  Deno.exit(1);
}
