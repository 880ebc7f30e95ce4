import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { insertFigures } from "../../bench/readme.ts";
import type { Report } from "../../bench/report/report.ts";

const table = (title: string, rows: Record<string, number | string>[]) => ({
  table: { title, rows },
});
const REPORT: Report = {
  command: "deno task bench",
  machine: { cores: 2, memoryGB: 25, deno: "2.9.6", os: "linux" },
  times: 3,
  seconds: 200,
  parts: {
    modes: [table("Modes: a", [{ "in flight": 10, mode: "event loop", "not shown": "x" }])],
    layers: [table("Own cost", [{ client: "own" }]), table("Layers: b", [{ client: "Shoal" }])],
    transport: [table("Transport: c", [{ client: "Shoal", "wall s": 1.2 }])],
  },
};
const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));

Deno.test("insertFigures: replaces the old figures and nothing else", () => {
  const once = insertFigures(readme, REPORT);
  assertStringIncludes(once, "| event loop | 10 |");
  assertStringIncludes(once, "Medians of 3 on 2 cores, 25 GB");
  assertEquals(once.includes("not shown") || once.includes("Own cost"), false);
  assertEquals(insertFigures(once, REPORT), once);
  const rest = (text: string) => text.split(/<!--.*-->/).filter((_, i) => i !== 1);
  assertEquals(rest(once), rest(readme));
});

Deno.test("insertFigures: throws without the comments or a table", () => {
  assertThrows(() => insertFigures("no comments", REPORT), Error, "must have the comments");
  assertThrows(() => insertFigures(readme, { ...REPORT, parts: {} }), Error, "no table of modes");
});
