import { assertEquals } from "@std/assert";
import type { Result } from "@shoal/agents";
import { createRowFormatter } from "../../../src/cli/rows/format_row.ts";
import { type LineOutput, withHeader } from "../../../src/cli/rows/output_file.ts";

const options = { format: "csv", as: "answer", meta: false } as const;
const result = { ok: true, content: "yes" } as Result;

/** Returns an output that keeps its text in memory. */
function memoryOutput(): LineOutput & { readonly text: string } {
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

Deno.test("writes the header first, in whatever order rows are formatted and written", async () => {
  const output = memoryOutput();
  const { header, formatRow } = await createRowFormatter(options, () => undefined);
  const withNames = withHeader(output, header);
  const second = formatRow({ line: 2, value: { id: 2, text: "b" } }, result);
  const first = formatRow({ line: 1, value: { id: 1, text: "a" } }, result);
  await withNames.write(first);
  await withNames.write(second);
  await withNames.close("complete");
  assertEquals(output.text, "id,text,answer\n1,a,yes\n2,b,yes\n");
});

Deno.test("writes the header without rows, unless the run is not complete", async () => {
  for (const state of ["complete", "partial"] as const) {
    const output = memoryOutput();
    const { header } = await createRowFormatter(options, () => ["id"]);
    await withHeader(output, header).close(state);
    assertEquals(output.text, state === "complete" ? "id,answer\n" : "");
  }
});
