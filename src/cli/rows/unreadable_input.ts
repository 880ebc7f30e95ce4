/** Recognizes files that are no rows of text by their first bytes, and says how to convert them. */
import { Buffer } from "node:buffer";

interface FileKind {
  /** The first bytes as Latin-1, or how they begin. */
  readonly start: string | readonly string[] | RegExp;
  /** What its beginning has, if the first bytes are those of other files, too. */
  readonly has?: RegExp;
  /** What it is. */
  readonly name: string;
  /** How to make rows of it. `FILE` stands for its path. */
  readonly advice: string;
}

const SPREADSHEET = 'save it as "CSV UTF-8" in the program that it is from';

/** The kinds, the more special ones first. */
const KINDS: readonly FileKind[] = [
  {
    start: "PK\x03\x04",
    has: /\[Content_Types\]\.xml|_rels\/|xl\/|docProps\//,
    name: "an Excel workbook (xlsx)",
    advice: SPREADSHEET,
  },
  {
    start: "PK\x03\x04",
    has: /^[^]{30}mimetypeapplication\/vnd\.oasis\.opendocument/,
    name: "an OpenDocument file",
    advice: SPREADSHEET,
  },
  {
    start: ["PK\x03\x04", "PK\x05\x06", "PK\x07\x08"],
    name: "a ZIP archive",
    advice: "unzip -p FILE | shoal run …",
  },
  {
    start: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    name: "an Excel workbook (xls) or another Office file",
    advice: SPREADSHEET,
  },
  {
    start: "\x28\xb5\x2f\xfd",
    name: "compressed with zstd",
    advice: "zstd -dc FILE | shoal run …",
  },
  { start: /^BZh[1-9]/, name: "compressed with bzip2", advice: "bzip2 -dc FILE | shoal run …" },
  { start: "\xfd7zXZ\x00", name: "compressed with xz", advice: "xz -dc FILE | shoal run …" },
  { start: "\x04\x22\x4d\x18", name: "compressed with lz4", advice: "lz4 -dc FILE | shoal run …" },
  { start: "7z\xbc\xaf\x27\x1c", name: "a 7z archive", advice: "7z x -so FILE | shoal run …" },
  { start: "Rar!\x1a\x07", name: "a RAR archive", advice: "unrar p -inul FILE | shoal run …" },
  {
    start: /^[^]{257}ustar/,
    name: "a tar archive",
    advice: "tar -xOf FILE | shoal run …",
  },
  {
    start: "PAR1",
    name: "a Parquet file",
    advice: `duckdb -c "COPY 'FILE' TO '/dev/stdout' (FORMAT json)" | shoal run …`,
  },
  { start: "ARROW1", name: "an Arrow file", advice: "write it as JSONL or CSV" },
  { start: "Obj\x01", name: "an Avro file", advice: "avro-tools tojson FILE | shoal run …" },
  {
    start: "SQLite format 3\x00",
    name: "an SQLite database",
    advice: "sqlite3 -csv -header FILE 'SELECT …' | shoal run … --in-format csv",
  },
  { start: "%PDF-", name: "a PDF", advice: "write its text as lines, JSONL or CSV" },
  { start: "{\\rtf", name: "a Rich Text document", advice: "save it as plain text" },
  {
    start: /^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html)[\s>]/i,
    name: "an HTML page",
    advice: "it may be a login or an error page: download the rows again",
  },
  {
    start: /^(?:\xef\xbb\xbf)?\s*<\?xml\s/,
    name: "an XML file",
    advice: "write its records as JSONL or CSV",
  },
  {
    start: ["\xff\xfe\0\0", "\0\0\xfe\xff"],
    name: "UTF-32 text",
    advice: "iconv -f UTF-32 -t UTF-8 FILE | shoal run …",
  },
];

/**
 * Returns why a file cannot be read as rows that begins with these bytes, and what to do;
 * `undefined` if it may have rows.
 *
 * @param file Its path in the advice.
 */
export function unreadableReason(bytes: Uint8Array, file: string): string | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 4_096))
    .toString("latin1");
  const kind = KINDS.find((kind) => matches(start, kind));
  if (kind === undefined) return undefined;
  return `it is ${kind.name}: ${kind.advice.replace("FILE", file)}`;
}

function matches(text: string, { start, has = /^/ }: FileKind): boolean {
  if (start instanceof RegExp) return start.test(text);
  return [start].flat().some((begin) => text.startsWith(begin)) && has.test(text);
}
