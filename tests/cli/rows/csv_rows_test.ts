import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { type CsvOptions, readCsvRows, type TableInfo } from "../../../src/cli/rows/csv_rows.ts";
import { isBadRow } from "../../../src/cli/rows/row.ts";

/** Yields the bytes in pieces of this size. */
async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

interface ReadTable {
  readonly info: TableInfo | undefined;
  /** The line and the cells of each row, or its problem. */
  readonly rows: readonly (readonly [number, string | readonly string[]])[];
}

async function read(
  text: string | Uint8Array,
  { size = 1_000, ...options }: Partial<CsvOptions> & { readonly size?: number } = {},
): Promise<ReadTable> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  let info: TableInfo | undefined;
  const rows: [number, string | readonly string[]][] = [];
  const all = readCsvRows(pieces(bytes, size), {
    expected: ",",
    maxBytes: 1e6,
    onHeader: (read) => info = read,
    ...options,
  });
  for await (const row of all) {
    rows.push([
      row.line,
      isBadRow(row) ? row.problem : Object.values(row.value as Record<string, string>),
    ]);
  }
  return { info, rows };
}

/** Reads the text in pieces of several sizes, and checks that the result is always the same. */
async function readInPieces(text: string, options?: Partial<CsvOptions>): Promise<ReadTable> {
  const whole = await read(text, options);
  for (const size of [1, 2, 3, 7]) assertEquals(await read(text, { ...options, size }), whole);
  return whole;
}

const EMPTY = "all its cells are empty";

const delimiters = fc.constantFrom(",", ";", "\t", "|", "||", " ", "§");
const pieceOfCell = fc.constantFrom(
  "a",
  "ü€",
  "🙂",
  '"',
  '""',
  " ",
  "\n",
  "\r\n",
  ",",
  ";",
  "\t",
  "|",
  "§",
  "word",
);
const cells = fc.array(pieceOfCell, { maxLength: 5 }).map((parts) => parts.join(""));
const tables = fc.integer({ min: 1, max: 4 }).chain((width) =>
  fc.array(fc.array(cells, { minLength: width, maxLength: width }), { maxLength: 6 })
);

Deno.test("reads what was written, with any delimiter, line breaks, quotes and chunks", async () => {
  await fc.assert(
    fc.asyncProperty(
      tables,
      delimiters,
      // The end of each line and the blanks around its quotes differ, as in files from many hands.
      fc.infiniteStream(fc.constantFrom("\n", "\r\n")),
      fc.infiniteStream(fc.constantFrom("", "", " ", "  ")),
      fc.integer({ min: 1, max: 30 }),
      fc.boolean(),
      async (table, delimiter, lineBreaks, blanks, size, endsWithBreak) => {
        const next = <T>(stream: Iterator<T>): T => stream.next().value as T;
        const blank = () => delimiter === " " ? "" : next(blanks);
        const formatCell = (cell: string) =>
          /["\r\n]/.test(cell) || cell.includes(delimiter[0]!) || cell.trim() !== cell ||
            cell === ""
            ? `${blank()}"${cell.replaceAll('"', '""')}"${blank()}`
            : cell;
        const width = table[0]?.length ?? 1;
        const names = Array.from({ length: width }, (_, i) => `name${i}`);
        let line = 1;
        let csv = "";
        const expected: [number, string | readonly string[]][] = [];
        for (const [i, row] of [names, ...table].entries()) {
          const text = row.map(formatCell).join(delimiter);
          if (i > 0) {
            expected.push([line, row.every((cell) => cell.trim() === "") ? EMPTY : row]);
          }
          line += text.split("\n").length;
          csv += text + (i < table.length || endsWithBreak ? next(lineBreaks) : "");
        }
        const { info, rows } = await read(csv, { delimiter, size });
        assertEquals(info?.header, names);
        assertEquals(rows, expected);
      },
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("reads files of old Macs, whose lines end with carriage returns alone", async () => {
  const { info, rows } = await readInPieces('id,text\r1,a\r\r2,"b\rc"\r3,"d" \r');
  assertEquals(info?.header, ["id", "text"]);
  assertEquals(rows, [[2, ["1", "a"]], [4, ["2", "b\rc"]], [6, ["3", "d"]]]);
});

Deno.test("takes any text for rows, and each byte for a part of one row", async () => {
  const part = fc.constantFrom('"', '""', ",", "\n", "\r\n", "\r", " ", "a", "ü", "x,y", ";");
  await fc.assert(
    fc.asyncProperty(
      fc.array(part, { maxLength: 40 }).map((parts) => `a,b\n1,2\n${parts.join("")}`),
      fc.integer({ min: 1, max: 20 }),
      async (text, size) => {
        const whole = await read(text);
        // Wherever the chunks are cut.
        assertEquals(await read(text, { size }), whole);
        const lines = whole.rows.map(([line]) => line);
        assertEquals(lines, lines.toSorted((a, b) => a - b));
        assertEquals(new Set(lines).size, lines.length);
      },
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("quotes that do not enclose a field are characters", async () => {
  const { rows } = await readInPieces(
    'id,text\n1,5" wide\n2,"Big" Ben\n3,say "hi"\n4,"a"\t \n5, "b, c"\n6,"x "" y" z\n',
  );
  assertEquals(rows.map(([, cells]) => cells[1]), [
    '5" wide',
    '"Big" Ben',
    'say "hi"',
    "a",
    "b, c",
    '"x " y" z',
  ]);
});

Deno.test("reports short and long rows, and leaves out empty ones", async () => {
  const { rows } = await readInPieces("id,text\n1\n2,b,\n3,c,d\n,\n,,,,\n  \n\n4,e\n\n\n");
  assertEquals(rows, [
    [2, "it has 1 field, and the header has 2"],
    [3, ["2", "b"]],
    [4, "it has 3 fields, and the header has 2"],
    [5, EMPTY],
    [6, EMPTY],
    [7, EMPTY],
    [9, ["4", "e"]],
  ]);
});

Deno.test("an open quote is reported with all lines that it takes", async () => {
  const { rows } = await readInPieces('id,text\n1,a\n2,"open\n3,c\n4,d\n');
  assertEquals(rows, [[2, ["1", "a"]], [3, "a quote is not closed: lines 3 to 5 are one row"]]);
});

Deno.test("a row that is too long is bad if its end can be found", async () => {
  const long = "x".repeat(300);
  const { rows } = await readInPieces(`id,text\n1,${long}\n2,b\n3,"${long.slice(0, 90)}"\n`, {
    maxBytes: 100,
  });
  assertEquals(rows, [
    [2, "it is longer than 100 bytes: --max-row allows more"],
    [3, ["2", "b"]],
    [4, ["3", long.slice(0, 90)]],
  ]);
  await assertRejects(
    () => read(`id,text\n1,"${long}\n2,b\n3,c`, { maxBytes: 100, size: 50 }),
    Error,
    "the row in line 2 is longer than 100 bytes: close a quote",
  );
});

Deno.test("an invalid byte spoils only its own row", async () => {
  const bytes = new TextEncoder().encode("id,text\n1,ü\n2,?\n3,€\n");
  bytes[bytes.indexOf(63)] = 0xff;
  assertEquals((await read(bytes, { size: 1 })).rows, [
    [2, ["1", "ü"]],
    [3, "it is not UTF-8"],
    [4, ["3", "€"]],
  ]);
});

Deno.test("detects the delimiter by the header and the first row", async () => {
  const found = async (text: string, options?: Partial<CsvOptions>) => {
    const { info } = await readInPieces(text, options);
    return [info?.detectedDelimiter, info?.header.length];
  };
  assertEquals(await found("id;text\n1;a, b\n"), [";", 2]);
  assertEquals(await found("id\ttext\tmore\n1\ta;b\tc\n"), ["\t", 3]);
  assertEquals(await found("id|text\n1|a"), ["|", 2]);
  assertEquals(await found('"a,b";c\n1;2\n'), [";", 2]);
  assertEquals(await found("id,text\n1,2\n", { expected: "\t" }), [",", 2]);
  assertEquals(await found("id;text\r\r1;a\r"), [";", 2]);
  assertEquals(await found("id;text"), [";", 2]);
  // The comma is there, or the first row has no other delimiter.
  assertEquals(await found("id,text;more\n1,2\n"), [undefined, 2]);
  assertEquals(await found("Good; or bad?\nyes\n"), [undefined, 1]);
  assertEquals(await found("id;text\n1;2\n", { delimiter: "," }), [undefined, 1]);
});

Deno.test("the line of Excel that names the delimiter is no header", async () => {
  for (const first of ["sep=;", '"sep=;"', "SEP=;"]) {
    const { info, rows } = await readInPieces(`${first}\r\nid;text\r\n1;a\r\n`);
    assertEquals([info?.header, info?.detectedDelimiter], [["id", "text"], ";"]);
    assertEquals(rows, [[3, ["1", "a"]]]);
  }
  const { info } = await readInPieces("sep=,\nid;text\n1;a\n", { delimiter: ";" });
  assertEquals(info?.header, ["id", "text"]);
});

Deno.test("names of columns are unique, not empty, and without blanks around them", async () => {
  const header = async (text: string) => (await readInPieces(text)).info!;
  assertEquals((await header(" id ,\ttext\u00a0\n")).header, ["id", "text"]);
  const { header: names, warnings } = await header("name,name,,name_2,name,column_3,\n1,2\n");
  assertEquals(names, ["name", "name_3", "column_4", "name_2", "name_4", "column_3", "column_7"]);
  assertEquals(warnings, [
    'the header has names more than once: the next "name" is "name_3", the next "name" is "name_4"',
    'the header has columns without a name: "column_4", "column_7"',
  ]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("a", "a_2", "a_3", "", "column_1", "column_2", "__proto__"), {
        minLength: 1,
        maxLength: 8,
      }),
      async (names) => {
        const { info } = await read(names.join(",") + ",z\n");
        assertEquals(new Set(info!.header).size, names.length + 1);
        assertEquals(info!.header.includes(""), false);
        // The first column of a name keeps it.
        for (const name of names.filter((name) => name !== "")) {
          assertEquals(info!.header.indexOf(name), names.indexOf(name));
        }
      },
    ),
  );
});
