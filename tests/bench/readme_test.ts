import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { insertFigures, insertReports } from "../../bench/readme.ts";
import type { Report } from "../../bench/report/report.ts";
import type { Row } from "../../bench/report/table.ts";

const table = (title: string, rows: readonly Row[], notes?: readonly string[]) => ({
  table: { title, rows, notes },
});
const REPORT: Report = {
  command: "deno task bench",
  machine: { cores: 2, memoryGB: 25, deno: "2.9.6", os: "linux" },
  times: 3,
  seconds: 200,
  parts: {
    modes: [
      table("Modes: a", [
        { mode: "event loop", "in flight": 10, "wall s": 0.5 },
        { mode: "a worker per call", "in flight": 50, "wall s": 0.6, "start ms": 121 },
        { mode: "event loop", "in flight": 1_000, "wall s": 1.5, "KB per call in flight": 66.1 },
        { mode: "event loop", "in flight": 10_000, "wall s": 9.5, "KB per call in flight": 58.6 },
      ], ["A note."]),
    ],
    layers: [
      table("Own cost", [{ client: "own" }]),
      table("Layers: b", [
        { client: "bare fetch + pool", "CPU µs per call": 164 },
        { client: "bare SDK + p-limit", "CPU µs per call": 493 },
        { client: "Shoal, openai()", "CPU µs per call": 237 },
      ]),
    ],
  },
};
const read = (path: string) => Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
const [readme, guide] = await Promise.all([read("README.md"), read("docs/benchmarks.md")]);
const rest = (text: string) => text.split(/<!--.*(?:figures).*-->/).filter((_, i) => i !== 1);

Deno.test("insertFigures: replaces the old figures of the README and nothing else", () => {
  const once = insertFigures(readme, REPORT);
  assertStringIncludes(once, "| event loop | 10,000 | 9.50 | – | 58.6 |");
  assertStringIncludes(once, "237 µs with Shoal, 493 µs with the OpenAI SDK");
  assertStringIncludes(once, "Medians of 3; 2 cores, 25 GB");
  assertEquals(once.includes("Own cost") || once.includes("A note"), false);
  assertEquals(insertFigures(once, REPORT), once);
  assertEquals(rest(once), rest(readme));
});

Deno.test("insertReports: writes all tables, with their notes and charts, into the guide", () => {
  const chart = { name: "memory", title: "Memory", x: "x", bars: [] };
  const other = {
    ...REPORT,
    command: "deno task bench:http",
    parts: { http: [{ ...table("HTTP: c", [{ server: "bare" }]), charts: [chart] }] },
  };
  const once = insertReports(guide, new Map([["latest", REPORT], ["http", other]]));
  for (
    const text of [
      "### Own cost",
      "- A note.",
      "| event loop | 10 | 0.50 | – | – |", // the columns of all rows
      "| a worker per call | 50 | 0.60 | 121 | – |",
      "## `deno task bench:http`",
      "[The whole report](../bench/results/http.md)",
      "![Memory](../bench/results/memory.svg)",
    ]
  ) assertStringIncludes(once, text);
  assertEquals(insertReports(once, new Map([["latest", REPORT], ["http", other]])), once);
  assertEquals(rest(once), rest(guide));
});

Deno.test("insertFigures: throws without the comments, a table or a row", () => {
  assertThrows(() => insertFigures("no comments", REPORT), Error, "must have the comments");
  assertThrows(() => insertReports("no comments", new Map()), Error, "must have the comments");
  assertThrows(() => insertFigures(readme, { ...REPORT, parts: {} }), Error, "no table of modes");
  const parts = { ...REPORT.parts, modes: [table("Modes: a", [])] };
  assertThrows(() => insertFigures(readme, { ...REPORT, parts }), Error, "has no row");
});
