/** Tests with inputs as programs write them, and with files that are no rows. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { promisify } from "node:util";
import { deflateRawSync, gzipSync } from "node:zlib";
import { AGENTS, type Place, place } from "../helpers.ts";

const RUN = ["run", `${AGENTS}#Sentiment`, "-q", "--ordered"];
const TEXTS = ["größer", "naïve", "10 €", "plain"];
const CSV = "id,input\r\n" + TEXTS.map((text, i) => `${i},${text}\r\n`).join("");
const JSONL = TEXTS.map((input) => JSON.stringify({ input }) + "\n").join("");

const utf8 = (text: string) => new TextEncoder().encode(text);
const utf16 = (text: string, order: "le" | "be" = "le") => {
  const view = new DataView(new ArrayBuffer(text.length * 2));
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), order === "le");
  return new Uint8Array(view.buffer);
};
/** The text must have no other characters than those of Latin-1 and the euro sign. */
const windows1252 = (text: string) =>
  Uint8Array.from(text, (char) => char === "€" ? 0x80 : char.charCodeAt(0));

/** Checks that all texts are sent, from a file and from a pipe. */
async function assertReads(
  here: Place,
  name: string,
  bytes: Uint8Array,
  more: readonly string[] = [],
): Promise<void> {
  await here.write(name, bytes);
  const before = new Map(here.requestCounts);
  const file = await here.shoal([...RUN, "-i", name, "--fresh", "-o", "o.jsonl", ...more]);
  assertEquals([file.code, file.err], [0, ""], name);
  const format = /csv/.test(name) ? "csv" : "jsonl";
  const pipe = await here.shoal([...RUN, "--in-format", format, ...more], { stdin: bytes });
  assertEquals([pipe.code, pipe.err, pipe.out], [0, "", await here.read("o.jsonl")], name);
  for (const text of TEXTS) {
    const key = `Review: ${text}`;
    assertEquals(here.requestCounts.get(key)! - (before.get(key) ?? 0), 2, `${name}: ${text}`);
  }
}

Deno.test("reads UTF-8 and UTF-16, with and without a byte order mark, and gzip", async () => {
  await using here = await place();
  await assertReads(here, "mark.csv", utf8("\ufeff" + CSV));
  await assertReads(here, "mark16.csv", utf16("\ufeff" + CSV));
  await assertReads(here, "big16.csv", utf16("\ufeff" + CSV, "be"));
  await assertReads(here, "no-mark16.csv", utf16(CSV));
  await assertReads(here, "no-mark16.jsonl", utf16(JSONL, "be"));
  await assertReads(here, "in.csv.gz", gzipSync(utf8(CSV)));
  await assertReads(here, "in.jsonl.gz", gzipSync(utf16("\ufeff" + JSONL)));
  // Two compressed files, one behind the other.
  const [half, other] = [JSONL.slice(0, 20), JSONL.slice(20)].map((text) => gzipSync(utf8(text)));
  await assertReads(here, "two.jsonl.gz", new Uint8Array([...half!, ...other!]));
});

Deno.test("reads another encoding with --encoding, and says how to convert it", async () => {
  await using here = await place();
  const latin = windows1252(CSV);
  await assertReads(here, "latin.csv", latin, ["--encoding", "windows-1252"]);
  const { requests } = here.server.stats;
  for (
    const [args, stdin] of [
      [["-i", "latin.csv"], ""],
      [["--in-format", "csv"], latin],
      [["-i", "latin.jsonl"], ""],
    ] as const
  ) {
    await here.write("latin.jsonl", windows1252(JSONL));
    const output = await here.shoal([...RUN, ...args], { stdin });
    assertEquals([output.code, output.out, here.server.stats.requests], [2, "", requests]);
    assertMatch(output.err, /^Cannot read line [12] of .* as it is not UTF-8/);
    assertMatch(output.err, /--encoding windows-1252 .*iconv -f WINDOWS-1252 -t UTF-8 /);
  }
  // Rows of ASCII are the same in all encodings.
  const ascii = await here.shoal([...RUN, "-i", "latin.csv", "--encoding", "utf-8"]);
  assertEquals([ascii.code, here.server.stats.requests], [1, requests + 1]);
  assertMatch(ascii.err, /^line 2: it is not UTF-8\nline 3: it is not UTF-8\n/);
  const wrong = await here.shoal([...RUN, "-i", "latin.csv", "--encoding", "shift_jis", "--fresh"]);
  assertEquals(wrong.code, 3);
  assertMatch(wrong.err, /Cannot continue to read as the input is not shift_jis/);
});

Deno.test("the advice of iconv is right", async () => {
  await using here = await place();
  await here.write("latin.csv", windows1252(CSV));
  const { err } = await here.shoal([...RUN, "-i", "latin.csv"]);
  const [, ...args] = /iconv (-f) (\S+) (-t) (\S+) (latin\.csv)/.exec(err)!;
  const { stdout } = await promisify(execFile)("iconv", args, { cwd: here.dir });
  assertEquals(stdout, CSV);
});

/** A ZIP archive of these files, as far as their names and first bytes matter. */
function zip(...files: readonly (readonly [name: string, text: string])[]): Uint8Array {
  const parts = files.flatMap(([name, text]) => {
    const data = name === "mimetype" ? utf8(text) : deflateRawSync(utf8(text));
    const header = new DataView(new ArrayBuffer(30));
    header.setUint32(0, 0x04034b50, true);
    header.setUint16(8, name === "mimetype" ? 0 : 8, true);
    header.setUint32(18, data.length, true);
    header.setUint16(26, name.length, true);
    return [...new Uint8Array(header.buffer), ...utf8(name), ...data];
  });
  return Uint8Array.from(parts);
}

Deno.test("says what a file is that has no rows, and what to do", async () => {
  await using here = await place();
  const ods = "application/vnd.oasis.opendocument.spreadsheet";
  const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
  for (
    const [name, start, pattern] of [
      ["a.xlsx", zip(["[Content_Types].xml", "<x/>"]), /an Excel workbook.*"CSV UTF-8"/],
      ["b.xlsx", zip(["xl/workbook.xml", "<x/>"]), /an Excel workbook.*"CSV UTF-8"/],
      ["a.ods", zip(["mimetype", ods]), /an OpenDocument file.*"CSV UTF-8"/],
      ["a.zip", zip(["rows.csv", CSV]), /a ZIP archive: unzip -p a\.zip/],
      ["a.xls", bytes("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest"), /Excel workbook \(xls\)/],
      ["a.csv.zst", bytes("\x28\xb5\x2f\xfdrest"), /zstd: zstd -dc a\.csv\.zst \| shoal run/],
      ["a.csv.bz2", bytes("BZh91AY&SY"), /bzip2 -dc a\.csv\.bz2/],
      ["a.csv.xz", bytes("\xfd7zXZ\x00\x00\x04"), /xz -dc a\.csv\.xz/],
      ["a.parquet", bytes("PAR1\x15\x04"), /a Parquet file/],
      ["a.db", bytes("SQLite format 3\x00"), /an SQLite database: sqlite3 -csv/],
      ["a.pdf", bytes("%PDF-1.7\n"), /a PDF/],
      ["a.csv", utf8("<!DOCTYPE html>\n<html>"), /an HTML page: it may be a login/],
      ["u.csv", new Uint8Array([0xff, 0xfe, 0, 0, 97, 0, 0, 0]), /iconv -f UTF-32 -t UTF-8 u\.csv/],
      ["t.jsonl.gz", gzipSync(zip(["x", "y"])), /a ZIP archive/],
    ] as const
  ) {
    await here.write(name, start);
    const output = await here.shoal([...RUN, "-i", name, "-o", "o.jsonl"]);
    assertEquals([output.code, output.out], [2, ""], name);
    assertMatch(output.err, new RegExp(`^Cannot read ${name} as it is .*${pattern.source}`));
  }
  const pipe = await here.shoal([...RUN, "--in-format", "csv"], { stdin: bytes("PAR1\x15\x04") });
  assertEquals(pipe.code, 2);
  assertMatch(pipe.err, /^Cannot read the standard input as it is .*duckdb .*'FILE'/);
  assertEquals(here.server.stats.requests, 0);
  assertEquals(readdirSync(here.dir).filter((name) => /shoal|^o\./.test(name)), []);
});

Deno.test("a damaged gzip file ends the run, and rows before the damage are kept", async () => {
  await using here = await place({ respond: () => "fine" });
  const filler = () => randomBytes(4_000).toString("hex");
  const rows = Array.from({ length: 200 }, () => JSON.stringify({ input: filler() }) + "\n");
  const whole = gzipSync(utf8(rows.join("")));
  await here.write("cut.jsonl.gz", whole.subarray(0, whole.length / 2));
  const cut = await here.shoal([...RUN, "-i", "cut.jsonl.gz", "-o", "o.jsonl"]);
  assertEquals(cut.code, 3);
  assertMatch(
    cut.err,
    /^Cannot continue to read cut\.jsonl\.gz: .*end of file\nFinished rows are kept/,
  );
  const kept = (await here.rows("o.jsonl")).length;
  assertEquals(kept > 20 && kept < 150, true, `${kept}`);
  await here.write("cut.jsonl.gz", whole);
  assertEquals((await here.shoal(["resume", "-q"])).code, 0);
  assertEquals([(await here.rows("o.jsonl")).length, here.requestCounts.size], [200, 200]);
  const gz = await here.shoal([...RUN, "-i", "cut.jsonl.gz", "-o", "o.csv.gz"]);
  assertEquals(gz.code, 2);
  assertStringIncludes(gz.err, "Cannot write o.csv.gz as outputs are not compressed");
});

Deno.test("reads the texts of --prompt, --system and --schema as any editor saves them", async () => {
  await using here = await place({ respond: () => '{"label":"good"}' });
  await here.write("in.jsonl", '{"text":"ä"}\n');
  const schema = JSON.stringify({ type: "object", properties: { label: { type: "string" } } });
  const mark = "\ufeff";
  const encodings = [(text: string) => utf8(mark + text), (text: string) => utf16(mark + text)];
  for (const encode of [...encodings, (text: string) => utf16(text)]) {
    await here.write("schema.json", encode(schema));
    await here.write("prompt.txt", encode("Label:\r\n{text}\r\n"));
    await here.write("system.txt", encode("Be brief.\n"));
    const files = ["--prompt", "@prompt.txt", "--system", "@system.txt", "--schema", "schema.json"];
    const output = await here.shoal(
      ["run", ...files, "-m", "m", "-q", "-i", "in.jsonl", "--fresh", "--columns", "label"],
    );
    assertEquals([output.code, output.err], [0, ""]);
    assertEquals(output.out, '{"text":"ä","label":"good"}\n');
  }
  assertEquals([...here.requestCounts], [["Label:\nä", 3]]);
  await here.write("prompt.txt", windows1252("größer {text}"));
  const latin = await here.shoal(
    ["run", "--prompt", "@prompt.txt", "-m", "m", "-q", "-i", "in.jsonl", "--fresh"],
  );
  assertEquals(latin.code, 2);
  assertMatch(latin.err, /Cannot read prompt.txt as it is not UTF-8.*iconv -f WINDOWS-1252/);
});
