/** Returns the state of a permission of its isolate. */
import process from "node:process";
import { type Agent, defineAgent } from "@shoal/agents";

export const May: Agent<{ name: Deno.PermissionName }, string> = defineAgent({
  name: "may",
  run: ({ name }: { name: Deno.PermissionName }) => Deno.permissions.querySync({ name }).state,
});

export const Ends: Agent<{ how: string }, string> = defineAgent({
  name: "ends",
  run: async ({ how }: { how: string }) => {
    if (how === "exit") Deno.exit(1);
    if (how === "process") process.exit(1);
    if (how === "close") (globalThis as unknown as { close(): void }).close();
    if (how === "throw") {
      setTimeout(() => {
        throw new RangeError("nobody catches this");
      });
    }
    return await new Promise<string>(() => {});
  },
});
