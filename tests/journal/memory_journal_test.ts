import { memoryJournal } from "@shoal/agents/journal";
import { assertThrows } from "@std/assert";
import { journalContract } from "../contract/journal.ts";

journalContract("in memory", (options) => {
  const journal = memoryJournal(options);
  return { journal, [Symbol.asyncDispose]: () => journal.close() };
});

Deno.test("memoryJournal rejects invalid options", () => {
  assertThrows(() => memoryJournal({ stored: "all" } as never), TypeError, 'did you mean "store"');
  assertThrows(
    () => memoryJournal({ store: "some" } as never),
    TypeError,
    'store must be "none" or "output" or "all"',
  );
});
