/**
 * Runs every example as a user would. Each must exit with 0 and print something. Arguments select
 * examples by name.
 */
import { fileURLToPath } from "node:url";

const folder = new URL("../examples/", import.meta.url);
const selected = Deno.args;
let failed = 0;

const names = [...Deno.readDirSync(folder)]
  .filter(({ isFile, name }) => isFile && name.endsWith(".ts") && !name.startsWith("_"))
  .map(({ name }) => name)
  .filter((name) => selected.length === 0 || selected.includes(name.replace(".ts", "")))
  .sort();

for (const name of names) {
  const startedAt = performance.now();
  const permissions = name === "reviews.ts" ? "demo" : "example";
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: [
      "run",
      "--lock=dev.lock",
      "--frozen",
      "--quiet",
      "--no-prompt",
      `-P=${permissions}`,
      fileURLToPath(new URL(name, folder)),
    ],
  }).output();
  const ok = success && stdout.length > 0;
  if (!ok) failed++;
  console.log(
    `${name} ... ${ok ? "ok" : "FAILED"} (${Math.round(performance.now() - startedAt)}ms)`,
  );
  if (!ok) console.log(new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
}
console.log(`\nexamples: ${names.length - failed} passed, ${failed} failed`);
if (failed > 0 || names.length === 0) Deno.exit(1);
