/** Tests with rows as spreadsheets, databases and people write them. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parsed, place } from "../helpers.ts";

const PROMPT = ["run", "--prompt", "Label: {text}", "-m", "m", "--ordered"];

Deno.test("reads CSV from a spreadsheet of Excel in Europe", async () => {
  await using here = await place({ respond: () => "fine; well" });
  const csv = '\ufeffsep=;\r\nid; text ;text;\r\n1;schön;x;\n2;"a; b" ;y;\r\n;;;\r\n;;;\r\n';
  await here.write("in.csv", csv);
  const output = await here.shoal([...PROMPT, "-i", "in.csv", "-o", "out.csv", "--meta"]);
  assertEquals(output.code, 0, output.err);
  assertMatch(output.err, /^in\.csv has ";" between its columns: --delimiter sets another text\n/);
  assertStringIncludes(output.err, 'names more than once: the next "text" is "text_2"');
  assertStringIncludes(output.err, 'columns without a name: "column_4"');
  assertStringIncludes(output.err, "2 ok, 0 failed, 2 empty rows not sent");
  // The output has the delimiter of the input.
  const rows = (await here.read("out.csv")).trim().split("\n").map((line) => line.split(/;(?! )/));
  assertEquals(rows.map((cells) => cells.slice(0, 6)), [
    ["id", "text", "text_2", "column_4", "output", "_line"],
    ["1", "schön", "x", "", '"fine; well"', "3"],
    ["2", '"a; b"', "y", "", '"fine; well"', "4"],
  ]);
  assertEquals([...here.requestCounts], [["Label: schön", 1], ["Label: a; b", 1]]);
});

Deno.test("line breaks may be mixed, and the last column has no carriage return", async () => {
  await using here = await place();
  for (
    const csv of [
      'id,text\n1,"a"\r\n2,b\r\n',
      'id,text\r\n1,"a"\n2,b\n',
      'id,text\r1,"a"\r2,b',
      'id,text\r\n1,"a" \r\n2,b\n\n\r\n',
    ]
  ) {
    await here.write("in.csv", csv);
    const output = await here.shoal(
      [...PROMPT, "-i", "in.csv", "-o", "out.csv", "--fresh", "-q", "--as", "label"],
    );
    assertEquals([output.code, output.err], [0, ""]);
    assertEquals(
      await here.read("out.csv"),
      "id,text,label\n1,a,said Label: a\n2,b,said Label: b\n",
    );
  }
  await here.write("in.txt", "a\rb\r");
  const lines = await here.shoal([...PROMPT, "-i", "in.txt", "-q"]);
  assertEquals(parsed(lines.out).map(({ input }) => input), ["a", "b"]);
});

Deno.test("null cells are not sent, and are counted with their lines", async () => {
  await using here = await place();
  await here.write(
    "in.jsonl",
    '{"text":null,"id":1}\n{"text":"a","id":null}\n{"text":null,"id":3}\n{"text":"b"}\n',
  );
  const args = [...PROMPT, "-i", "in.jsonl", "-e", "e.jsonl", "-o", "o.jsonl"];
  const output = await here.shoal(args);
  assertEquals([output.code, [...here.requestCounts.keys()]], [1, ["Label: a", "Label: b"]]);
  assertMatch(output.err, /^line 1: its "text" is null\nline 3: its "text" is null\n/);
  assertStringIncludes(output.err, "2 ok, 0 failed, 2 bad rows");
  assertEquals(
    await here.rows("e.jsonl"),
    [1, 3].map((id) => ({
      line: id,
      code: "bad_row",
      message: 'its "text" is null',
      row: { text: null, id },
    })),
  );
  // A parameter may allow it.
  await here.write(
    "nullable.ts",
    `import { defineAgent } from "@shoal/agents";
     export default defineAgent({
       name: "nullable",
       model: "m",
       params: {
         "~standard": {
           version: 1,
           vendor: "test",
           validate: (value) => ({ value }),
           jsonSchema: {
             input: () => ({ type: "object", properties: { text: { type: ["string", "null"] } } }),
           },
         },
       },
       prompt: ({ text }) => text ?? "nothing",
     });`,
  );
  const nullable = await here.shoal(["run", "nullable.ts", "-i", "in.jsonl", "-q"]);
  assertEquals([nullable.code, here.requestCounts.get("nothing")], [0, 2], nullable.err);
});

Deno.test("rows without a key, or with a column for the answer, are not sent", async () => {
  await using here = await place();
  await here.write(
    "in.jsonl",
    '{"id":1,"text":"a"}\n{"text":"b"}\n{"id":3,"text":"c","output":"old"}\n{"id":4,"text":"d"}\n',
  );
  const args = [...PROMPT, "-i", "in.jsonl", "-o", "o.jsonl", "--key", "id", "-q"];
  const output = await here.shoal(args);
  assertEquals([output.code, here.server.stats.requests], [1, 2]);
  assertMatch(
    output.err,
    /^line 2: it has no "id", which is the --key\nline 3: it has a column "out/,
  );
  assertEquals((await here.rows("o.jsonl")).map(({ id }) => id), [1, 4]);
  // The answers of the others are not paid for again.
  const again = await here.shoal([...args, "--resume", "--as", "label"]);
  assertEquals([again.code, here.server.stats.requests], [1, 3]);
});

Deno.test("a row that is fixed later runs when the run is resumed", async () => {
  await using here = await place();
  const lines = Array.from({ length: 30 }, (_, i) => `${i},text ${i}\n`);
  lines[3] = "3\n";
  lines[7] = "7,text 7,more\n";
  await here.write("in.csv", "id,text\n" + lines.join(""));
  const args = [...PROMPT, "-i", "in.csv", "-o", "o.csv", "-q", "--meta"];
  const output = await here.shoal(args);
  assertEquals([output.code, here.server.stats.requests], [1, 28]);
  assertMatch(output.err, /^line 5: it has 1 field, .* has 2\nline 9: it has 3 fields, .* has 2\n/);
  // Other line breaks and quotes are the same rows, on the same lines.
  lines[3] = '3,"text 3"\r\n';
  lines[7] = '7, "text 7" \n';
  await here.write("in.csv", "\ufeffid, text\r\n" + lines.join(""));
  const resumed = await here.shoal(["resume", "-q"]);
  assertEquals([resumed.code, here.server.stats.requests], [0, 30], resumed.err);
  const rows = (await here.read("o.csv")).trim().split("\n").slice(1).map((row) => row.split(","));
  assertEquals(rows.map(([id, , , line]) => Number(line) - Number(id)), Array(30).fill(2));
});

Deno.test("cells keep their blanks, quotes and line breaks: the ids of rows depend on them", async () => {
  await using here = await place();
  const csv = 'id,text\r\n1,"a ""b"", c"\r\n\r\n2,"two\nlines"\r\n3, blanks \r\n4,"x"y\r\n';
  await here.write("in.csv", csv);
  const output = await here.shoal([...PROMPT, "-i", "in.csv", "-o", "o.csv", "-q", "--meta"]);
  assertEquals(output.code, 0);
  assertEquals([...here.requestCounts.keys()], [
    'Label: a "b", c',
    "Label: two\nlines",
    "Label:  blanks ",
    'Label: "x"y',
  ]);
  const lines = (await here.read("o.csv")).match(/(?<=,)\d+(?=,m,)/g);
  assertEquals(lines, ["2", "4", "6", "7"]);
});
