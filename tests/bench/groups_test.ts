import { assertEquals } from "@std/assert";
import { groupOf, GROUPS, PARTS } from "../../bench/groups.ts";

Deno.test("groupOf: finds the group with exactly these parts", () => {
  assertEquals(groupOf(["journal", "cli"])?.file, "bulk");
  assertEquals(groupOf(["http"])?.command, "deno task bench:http");
  assertEquals(groupOf(["journal"]), undefined);
  assertEquals(groupOf(["http", "journal", "cli"]), undefined);
  assertEquals(groupOf(["pool"]), undefined);
});

Deno.test("GROUPS: no two groups share a file or a part", () => {
  const files = GROUPS.map(({ file }) => file);
  const parts = GROUPS.flatMap(({ parts }) => Object.keys(parts));
  assertEquals(new Set(files).size, files.length);
  assertEquals(new Set(parts).size, parts.length);
  assertEquals(Object.keys(PARTS).length, parts.length + 1);
});

Deno.test("GROUPS: each group has the parts that its task runs", async () => {
  const { tasks } = JSON.parse(
    await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
  );
  for (const [i, { command, parts }] of GROUPS.entries()) {
    const names = i === 0 ? "" : ` ${Object.keys(parts).join(" ")}`;
    const task = tasks[command.replace("deno task ", "")];
    assertEquals(
      task?.command,
      `deno run --lock=dev.lock --frozen --no-prompt -P=bench bench/main.ts${names}`,
    );
  }
});
