import { assertEquals } from "@std/assert";
import { markdownTable } from "../../bench/report/markdown_table.ts";
import { cellText, type Table } from "../../bench/report/table.ts";
import { textTable } from "../../bench/report/text_table.ts";

Deno.test("cellText: keeps three significant digits", () => {
  const cells = [1, 10_000, 1234.5, 12.34, 1.043, 0.05, 0, undefined, "after 60 s"];
  assertEquals(cells.map(cellText), [
    "1",
    "10,000",
    "1,235",
    "12.3",
    "1.04",
    "0.05",
    "0",
    "–",
    "after 60 s",
  ]);
});

const TABLE: Table = {
  title: "Title",
  rows: [{ client: "a|b", "wall s": 1.5 }, { client: "c", "wall s": undefined }],
  notes: ["compare the ratios"],
};

Deno.test("textTable: aligns columns", () => {
  assertEquals(
    textTable(TABLE),
    "Title\n  client  wall s\n  a|b       1.50\n  c            –\n  compare the ratios",
  );
});

Deno.test("markdownTable: escapes vertical bars", () => {
  assertEquals(
    markdownTable(TABLE),
    "### Title\n\n| client | wall s |\n| --- | --: |\n| a\\|b | 1.50 |\n| c | – |\n\n" +
      "- compare the ratios",
  );
});
