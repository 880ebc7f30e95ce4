import { assertEquals } from "@std/assert";
import type { Result } from "@shoal/agents";
import { createRowFormatter } from "../../../src/cli/rows/format_row.ts";
import { type LineOutput, withHeader } from "../../../src/cli/rows/output_file.ts";

const options = { format: "csv", as: "answer", meta: false } as const;
const result = { ok: true, content: "yes" } as Result;

/** An output in memory. */
function memory(): LineOutput & { readonly text: string } {
  let text = "";
  return {
    get text() {
      return text;
    },
    write(lines) {
      text += lines;
      return undefined;
    },
    close: () => Promise.resolve(),
  };
}

Deno.test("the names of the columns stand first, in whatever order rows were made and are written", async () => {
  const kept = memory();
  const { head, write } = createRowFormatter(options, () => undefined);
  const output = withHeader(kept, head);
  const second = write({ line: 2, value: { id: 2, text: "b" } }, result);
  const first = write({ line: 1, value: { id: 1, text: "a" } }, result);
  await output.write(first);
  await output.write(second);
  await output.close(true);
  assertEquals(kept.text, "id,text,answer\n1,a,yes\n2,b,yes\n");
});

Deno.test("without rows there are the names alone, and nothing of a run that is not whole", async () => {
  for (const whole of [true, false]) {
    const kept = memory();
    const { head } = createRowFormatter(options, () => ["id"]);
    await withHeader(kept, head).close(whole);
    assertEquals(kept.text, whole ? "id,answer\n" : "");
  }
});
