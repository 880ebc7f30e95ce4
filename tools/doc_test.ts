/** Runs the code blocks of the README and of the public docs against a simulator. */
import { simulator } from "@shoal/agents/testing";

await using server = simulator();
const { success } = await new Deno.Command("deno", {
  args: ["test", "--no-prompt", "-P=test", "--doc", "--parallel", "README.md", "mod.ts", "src"],
  cwd: new URL("../", import.meta.url),
  env: { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: "none" },
}).spawn().status;
if (!success) {
  await server.close();
  Deno.exit(1);
}
