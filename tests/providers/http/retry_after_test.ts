import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { readRetryAfter } from "../../../src/providers/http/retry_after.ts";
import { startCode } from "../../child.ts";

const NOW = Date.parse("2026-01-31T12:00:00Z");

const CASES: [ms: string | null, after: string | null, expected: number | undefined][] = [
  [null, null, undefined],
  ["250", null, 250],
  ["0", null, 0],
  ["12.5", null, 12.5],
  [" 7 ", null, 7],
  ["250", "9", 250],
  ["250", "Sat, 31 Jan 2026 12:01:00 GMT", 250],
  [null, "9", 9000],
  [null, "0", 0],
  [null, "0.25", 250],
  [null, "0.0015", 1.5],
  [null, " 3 ", 3000],
  [null, "Sat, 31 Jan 2026 12:00:30 GMT", 30_000],
  [null, "Saturday, 31-Jan-26 12:00:30 GMT", 30_000],
  [null, "2026-01-31T12:00:30Z", 30_000],
  [null, "Sat Jan 31 12:00:30 2026", 30_000],
  [null, "2026-01-31T12:00:30.5", 30_500],
  [null, "2026-01-31T13:00:30+01:00", 30_000],
  [null, "Sat, 31 Jan 2026 11:00:00 GMT", 0],
  [null, "Sat, 31 Jan 2026", undefined],
  // Invalid values in either header.
  ["soon", "4", 4000],
  ["-1", "4", 4000],
  ["", "4", 4000],
  ["soon", "Sat, 31 Jan 2026 12:00:30 GMT", 30_000],
  ["NaN", "4", 4000],
  ["1e400", "4", 4000],
  ["Infinity", null, undefined],
  [null, "", undefined],
  [null, "soon", undefined],
  [null, "in 3", undefined],
  [null, "-5", undefined],
  [null, "1e3", undefined],
  [null, "0x10", undefined],
  [null, "5s", undefined],
  [null, "5, 7", undefined],
  [null, "Infinity", undefined],
  [null, "9".repeat(400), undefined],
  [null, "1" + "0".repeat(307), undefined],
];

for (const [ms, after, expected] of CASES) {
  const show = (value: string | null) => value === null ? "none" : `"${value.slice(0, 40)}"`;
  Deno.test(`retry-after: ${show(ms)} (ms), ${show(after)} (s or date) is ${expected}`, () => {
    const headers = new Headers();
    if (ms !== null) headers.set("retry-after-ms", ms);
    if (after !== null) headers.set("retry-after", after);
    assertEquals(readRetryAfter(headers, NOW), expected);
  });
}

const header = fc.option(
  fc.oneof(
    fc.string().filter((text) => /^[\x20-\x7e]*$/.test(text)),
    fc.double().map(String),
    fc.integer().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  ),
  { nil: undefined },
);

Deno.test("retry-after: returns a duration or nothing for any input", () => {
  fc.assert(fc.property(header, header, fc.nat(), (ms, after, now) => {
    const headers = new Headers();
    if (ms !== undefined) headers.set("retry-after-ms", ms);
    if (after !== undefined) headers.set("retry-after", after);
    const wait = readRetryAfter(headers, now);
    assert(wait === undefined || (Number.isFinite(wait) && wait >= 0), `${wait}`);
  }));
});

Deno.test("retry-after: is exact for a date in whole seconds", () => {
  fc.assert(fc.property(fc.integer({ min: -1e6, max: 1e6 }), (seconds) => {
    const headers = new Headers({
      "retry-after": new Date(NOW + seconds * 1000).toUTCString(),
    });
    assertEquals(readRetryAfter(headers, NOW), Math.max(0, seconds * 1000));
  }));
});

Deno.test("retry-after: reads a date without a time zone as UTC", async () => {
  const module = new URL("../../../src/providers/http/retry_after.ts", import.meta.url).href;
  const dates = [
    "Sat Jan 31 12:00:30 2026",
    "2026-01-31T12:00:30",
    "Sat, 31 Jan 2026 12:00:30 GMT",
  ];
  const code = `import { parseDate } from "${module}"; console.log(...${
    JSON.stringify(dates)
  }.map(parseDate));`;
  const { stdout, stderr } = await startCode(code, { env: { TZ: "America/New_York" } }).output;
  const at = NOW + 30_000;
  assertEquals(stdout.trim(), `${at} ${at} ${at}`, stderr);
});
