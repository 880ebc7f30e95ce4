import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";

Deno.test("workers with fewer permissions than the process report how they end", async () => {
  const child = new Deno.Command("deno", {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--unstable-worker-options",
      "--allow-read",
      "--allow-env",
      "--allow-net",
      "--allow-run",
      fileURLToPath(new URL("./permissions_child.ts", import.meta.url)),
    ],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill(), 100_000);
  const { stdout, stderr } = await child.output();
  clearTimeout(timer);
  const text = new TextDecoder().decode(stdout);
  assertEquals(text === "" ? new TextDecoder().decode(stderr) : JSON.parse(text), {
    own: { read: "granted", net: "granted", env: "granted", run: "granted", write: "prompt" },
    may: { read: "granted", net: "prompt", env: "granted", run: "prompt", write: "prompt" },
    ends: [
      ["tool", "it exited"],
      ["tool", "it exited"],
      ["tool", "it exited"],
      ["tool", "nobody catches this"],
    ],
  });
});
