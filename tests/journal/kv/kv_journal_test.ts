import { JournalError, kvJournal } from "@shoal/agents/journal";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { runtime } from "../../runtime.ts";

Deno.test({
  name: "kv: passes its tests in a process of Deno with --unstable-kv",
  ignore: runtime !== "deno",
  async fn() {
    const { success, stdout, stderr } = await new Deno.Command("deno", {
      args: ["test", "--no-prompt", "-P=test", "--unstable-kv", "tests/journal/kv/kv_suite.ts"],
      cwd: new URL("../../..", import.meta.url),
      env: { NO_COLOR: "1" },
    }).output();
    const output = new TextDecoder().decode(stdout);
    assert(success, output + new TextDecoder().decode(stderr));
    // All tests of the contract ran, and those of the driver.
    assert(Number(/(\d+) passed \| 0 failed/.exec(output)?.[1]) >= 22, output);
  },
});

Deno.test("kvJournal says what is missing where Deno KV is not available", async () => {
  const journal = kvJournal("/nowhere/journal.kv");
  const error = await assertRejects(() => journal.runs(), JournalError);
  assertEquals(error.code, "open");
  const message = runtime === "deno" ? "run Deno with --unstable-kv" : "only Deno has Deno KV";
  assertStringIncludes(error.message, message);
  await journal.close();
});

Deno.test("kvJournal rejects invalid options", () => {
  assertThrows(() => kvJournal(7 as never), TypeError, "a Deno.Kv or a path");
  assertThrows(() => kvJournal("x", { prefix: [] }), TypeError, "prefix must be a key");
  assertThrows(() => kvJournal("x", { lease: 0 }), RangeError, "lease must be");
});
