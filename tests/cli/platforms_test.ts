/** Tests what differs between systems and runtimes, without them. */
import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { moduleUrl, splitReference } from "../../src/cli/agents/agent_reference.ts";
import { checkScheme, toLoadError } from "../../src/cli/agents/load_error.ts";
import { errorMessage } from "../../src/cli/cli_error.ts";
import { readTextFile } from "../../src/cli/files/read_text_file.ts";
import { renameFile } from "../../src/cli/files/rename_file.ts";
import { isSameFile } from "../../src/cli/files/same_file.ts";
import { stopSignals } from "../../src/cli/interrupt.ts";
import { countLines } from "../../src/cli/rows/count_lines.ts";
import { readCsvRows } from "../../src/cli/rows/csv_rows.ts";
import { defaultRunName, runNameProblem } from "../../src/cli/run/run_name.ts";
import { runtimeOf, runtimeProblem } from "../../src/cli/runtime.ts";
import { VERSION } from "../../src/cli/version.ts";
import { link, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { makeTempFolder } from "../temp_folder.ts";

async function inFolder(test: (path: (name: string) => string) => Promise<void>) {
  const dir = await makeTempFolder();
  try {
    await test((name) => join(dir, name));
  } finally {
    await rm(dir, { recursive: true });
  }
}

Deno.test("on Windows, drives and network shares are paths", () => {
  for (
    const [reference, url] of [
      ["c:\\agents.ts#Name", "file:///c:/agents.ts"],
      ["C:/x/my agents.ts", "file:///C:/x/my%20agents.ts"],
      ["\\\\server\\share\\a.ts#A", "file://server/share/a.ts"],
      ["file:///C:/x/a.ts#A", "file:///C:/x/a.ts"],
      ["D:\\c#\\agents.ts", "file:///D:/c%23/agents.ts"],
    ] as const
  ) {
    assertEquals(moduleUrl(reference, "win32"), url);
  }
});

Deno.test("modules are named by a path or by a URL that runtimes import", () => {
  for (
    const [reference, url] of [
      ["/x/agents.ts#Name", "file:///x/agents.ts"],
      ["/x/50%/a?.ts", "file:///x/50%25/a%3F.ts"],
      ["file:///x/a.ts", "file:///x/a.ts"],
      ["npm:my-agents@1/a#A", "npm:my-agents@1/a"],
      ["jsr:@a/b", "jsr:@a/b"],
      ["https://example.com/a.ts#A", "https://example.com/a.ts"],
    ] as const
  ) {
    assertEquals(moduleUrl(reference, "linux"), url);
  }
  assertMatch(moduleUrl("my:agents.ts", "linux"), /^file:\/\/\/.*\/my:agents\.ts$/);
  assertEquals(splitReference("a.ts#sentiment.v2"), { file: "a.ts", name: "sentiment.v2" });
  assertEquals(splitReference("c#/a.ts"), { file: "c#/a.ts" });
});

Deno.test("errors of loading say what helps", () => {
  const node = { node: "22.11.0" };
  const coded = (code: string, message: string) => Object.assign(new Error(message), { code });
  for (
    const [file, cause, pattern] of [
      [
        "a.ts",
        coded("ERR_UNKNOWN_FILE_EXTENSION", 'Unknown file extension ".ts"'),
        /^Cannot load the agents of a\.ts: Node 22\.11\.0 does not run TypeScript: use Node 22\.18/,
      ],
      [
        "a.tsx",
        coded("ERR_UNKNOWN_FILE_EXTENSION", 'Unknown file extension ".tsx"'),
        /does not run \.tsx files: name a \.ts, \.js or \.mjs file/,
      ],
      [
        "a.ts",
        coded("ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING", "…"),
        /below node_modules: name a file outside of it/,
      ],
      [
        "a.js",
        new SyntaxError("Cannot use import statement outside a module"),
        /reads it as CommonJS: name it \.mjs, or add "type": "module"/,
      ],
      [
        "a.ts",
        coded("ERR_MODULE_NOT_FOUND", "Cannot find package '@shoal/agents' imported from /a.ts"),
        /not installed there: npm install @shoal\/agents/,
      ],
      [
        "a.ts",
        new Error("own words"),
        /^Cannot load the agents of a\.ts: own words \(.*platforms_test\.ts:\d+:\d+\)$/,
      ],
      ["a.ts", "a text", /^Cannot load the agents of a\.ts: a text$/],
    ] as const
  ) {
    assertMatch(toLoadError(file, cause, node).message, pattern);
  }
  assertThrows(() => checkScheme("npm:a", "npm:a", { bun: "1.2.0" }), Error, "install the package");
  checkScheme("npm:a", "npm:a", { deno: "2.0.0" });
  checkScheme("a.ts", "file:///a.ts", node);
});

Deno.test("recognizes runtimes, and rejects Node before 22", () => {
  assertEquals(runtimeOf({ node: "22.1.0" }), "node");
  assertEquals(runtimeOf({ node: "26.3.0", bun: "1.2.0" }), "bun");
  assertEquals(runtimeOf({ node: "26.3.0", deno: "2.9.6" }), "deno");
  assertEquals(
    runtimeProblem({ node: "20.20.2" }),
    "Shoal needs Node 22 or later: this is 20.20.2",
  );
  for (const versions of [{ node: "22.0.0" }, { node: "20.0.0", bun: "1.2.0" }]) {
    assertEquals(runtimeProblem(versions), undefined);
  }
});

Deno.test("the version is that of the package", async () => {
  const config = await readFile(new URL("../../deno.json", import.meta.url), "utf8");
  assertEquals(VERSION, JSON.parse(config).version);
});

Deno.test("stops on Ctrl-C and SIGTERM, and on Ctrl-Break where there is no SIGTERM", () => {
  assertEquals(stopSignals("linux"), ["SIGINT", "SIGTERM"]);
  assertEquals(stopSignals("win32"), ["SIGINT", "SIGBREAK"]);
});

Deno.test("errors of the system lose their code and path, others stay as they are", () => {
  for (
    const [message, expected] of [
      ["ENOENT: no such file or directory, open '/x, y'", "no such file or directory"],
      ["ENOSPC: no space left on device, write", "no space left on device"],
      [
        "EXDEV: cross-device link not permitted, rename 'a' -> 'b'",
        "cross-device link not permitted",
      ],
      [
        "listen EADDRINUSE: address already in use 127.0.0.1:1",
        "address already in use 127.0.0.1:1",
      ],
      ["Error: it is, or was", "Error: it is, or was"],
    ] as const
  ) {
    assertEquals(errorMessage(new Error(message)), expected);
  }
});

Deno.test("on Windows, a rename waits for a program that reads the file", async () => {
  const run = async (platform: string, code: string, failures: number) => {
    let attempts = 0;
    let waited = 0;
    const rename = () =>
      ++attempts > failures
        ? Promise.resolve()
        : Promise.reject(Object.assign(new Error(code), { code }));
    const wait = (ms: number) => Promise.resolve(waited += ms);
    const error = await renameFile("a", "b", { platform, rename, wait }).then(() => "", String);
    return [error, attempts, waited > 0];
  };
  assertEquals(await run("win32", "EPERM", 3), ["", 4, true]);
  assertEquals(await run("win32", "EBUSY", 100), ["Error: EBUSY", 9, true]);
  assertEquals(await run("win32", "ENOENT", 1), ["Error: ENOENT", 1, false]);
  // On other systems the reason does not pass.
  assertEquals(await run("linux", "EACCES", 1), ["Error: EACCES", 1, false]);
});

Deno.test("texts of files have no byte order mark, and \\n as line breaks", () =>
  inFolder(async (path) => {
    const utf16 = (text: string) =>
      new Uint8Array(new Uint16Array([...text].map((c) => c.charCodeAt(0))).buffer);
    for (
      const [bytes, text] of [
        [new TextEncoder().encode("a\r\nb\r\n"), "a\nb"],
        [new TextEncoder().encode("\ufeffä\n\n"), "ä\n"],
        [utf16("\ufeffa\r\nb\r\n"), "a\nb"],
        [new TextEncoder().encode(""), ""],
      ] as const
    ) {
      await writeFile(path("t"), bytes);
      assertEquals(await readTextFile(path("t")), text);
    }
    await writeFile(path("t"), new Uint8Array([0x61, 0xe4, 0x62]));
    await assertRejects(() => readTextFile(path("t")), Error, "as it is not UTF-8 text");
  }));

Deno.test("links do not hide that two paths are those of one file", () =>
  inFolder(async (path) => {
    await writeFile(path("a"), "");
    await writeFile(path("b"), "");
    await symlink(path("a"), path("soft"));
    await link(path("a"), path("hard"));
    for (
      const [other, isSame] of [["a", true], ["soft", true], ["hard", true], ["b", false]] as const
    ) {
      assertEquals(await isSameFile(path("a"), path(other)), isSame, other);
    }
    assertEquals(await isSameFile(path("none"), path("x/../none")), true);
    assertEquals(await isSameFile(path("none"), path("a")), false);
    assertEquals(await isSameFile("/dev/null", path("a")), false);
  }));

Deno.test("default names of runs are folders on all systems", () => {
  for (
    const [input, stem] of [
      ["/x/con.jsonl", "con"],
      ["C:\\x\\My reviews: 2024.csv", "My-reviews-2024"],
      ["/x/-o.jsonl", "o"],
      ["/x/日本.jsonl", "run"],
      ["-", "stdin"],
      [`/x/${"long".repeat(100)}.jsonl`, "long".repeat(20)],
    ] as const
  ) {
    const name = defaultRunName("a.ts#A", input, "/x/o.jsonl");
    assertEquals(name.replace(/-[\da-f]{6}$/, ""), stem);
    assertEquals(runNameProblem(name, "win32"), undefined);
  }
});

Deno.test("rejects names of runs that cannot be folders", () => {
  for (const name of ["", ".", "..", "a/b", "a\\b", "-a"]) {
    for (const platform of ["linux", "win32"]) {
      assertMatch(runNameProblem(name, platform) ?? "", /must be the name of a folder/);
    }
  }
  for (const name of ["2024-01-01T10:00", "CON", "nul.txt", "com1", "a.", "a ", "what?", "a|b"]) {
    assertEquals(runNameProblem(name, "linux"), undefined, name);
    assertMatch(
      runNameProblem(name, "win32") ?? "",
      /Windows does not allow a folder with this name/,
    );
  }
  for (const name of ["console", "com10", "labels.v2", "null"]) {
    assertEquals(runNameProblem(name, "win32"), undefined, name);
  }
});

Deno.test("counts rows with any line breaks", () =>
  inFolder(async (path) => {
    for (
      const [text, count] of [["a\r\n\r\nb\r\n", 2], ["a\n\nb", 2], ["\r\n", 0], ["", 0]] as const
    ) {
      await writeFile(path("t"), text);
      assertEquals(await countLines(path("t"), new AbortController().signal), count);
    }
  }));

Deno.test("CSV may mix line breaks, wherever the chunks are cut", async () => {
  const bytes = new TextEncoder().encode('a,b\r\n1,"x\r\ny"\n2,z\r\n\r\n3,\n');
  for (let at = 0; at <= bytes.length; at++) {
    const rows = [];
    const chunks = ReadableStream.from([bytes.slice(0, at), bytes.slice(at)]);
    for await (const row of readCsvRows(chunks, { delimiter: ",", maxBytes: 1_000 })) {
      rows.push("value" in row ? row.value : row);
    }
    assertEquals(rows, [{ a: "1", b: "x\r\ny" }, { a: "2", b: "z" }, { a: "3", b: "" }], `${at}`);
  }
});

Deno.test("CSV may have the line breaks of old Macs, and a carriage return within a line", async () => {
  for (
    const [text, b] of [["a,b\r1,x\r2,x\r", "x"], ["a,b\n1,x\ry\n2,x\ry\n", "x\ry"]] as const
  ) {
    const chunks = ReadableStream.from([new TextEncoder().encode(text)]);
    const rows = await Array.fromAsync(readCsvRows(chunks, { delimiter: ",", maxBytes: 1_000 }));
    assertEquals(rows.map((row) => "value" in row ? row.value : row), [{ a: "1", b }, {
      a: "2",
      b,
    }]);
  }
});
