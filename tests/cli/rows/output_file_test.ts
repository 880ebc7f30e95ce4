import { openOutput } from "../../../src/cli/rows/output_file.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { readFile, rm, symlink, writeFile } from "node:fs/promises";
import { readdirSync } from "node:fs";
import { makeTempFolder } from "../../temp_folder.ts";

async function inFolder(test: (path: string, names: () => string[]) => Promise<void>) {
  const dir = await makeTempFolder();
  try {
    await test(join(dir, "o"), () => readdirSync(dir).sort());
  } finally {
    await rm(dir, { recursive: true });
  }
}

Deno.test("writes a new file in place", () =>
  inFolder(async (path, names) => {
    const output = await openOutput(path);
    await output.write("a\n".repeat(40_000));
    assertEquals((await readFile(path, "utf8")).length, 80_000);
    await output.close("partial");
    assertEquals(names(), ["o"]);
  }));

Deno.test("keeps an existing file until the new one has as much in it", () =>
  inFolder(async (path, names) => {
    const before = "b\n".repeat(100_000);
    await writeFile(path, before);
    const output = await openOutput(path);
    await output.write("a\n".repeat(50_000));
    assertEquals([await readFile(path, "utf8") === before, names()], [true, ["o", "o.part"]]);
    await output.write("a\n".repeat(50_000));
    assertEquals([(await readFile(path, "utf8"))[0], names()], ["a", ["o"]]);
    // The new file grows on in its place.
    await output.write("c\n");
    await output.close("partial");
    assertEquals((await readFile(path, "utf8")).length, 200_002);
  }));

Deno.test("replaces an existing file by a shorter one only if that is complete", () =>
  inFolder(async (path, names) => {
    await writeFile(path, "before\nbefore\n");
    const partial = await openOutput(path);
    partial.write("a\n");
    await partial.close("partial");
    assertEquals([await readFile(path, "utf8"), names()], ["before\nbefore\n", ["o"]]);
    const whole = await openOutput(path);
    whole.write("a\n");
    await whole.close("complete");
    assertEquals([await readFile(path, "utf8"), names()], ["a\n", ["o"]]);
  }));

Deno.test("writes through a symbolic link", () =>
  inFolder(async (path, names) => {
    await writeFile(`${path}-real`, "before\n");
    await symlink(`${path}-real`, path);
    const output = await openOutput(path);
    output.write("a\n");
    await output.close("complete");
    assertEquals([await readFile(`${path}-real`, "utf8"), names()], ["a\n", ["o", "o-real"]]);
  }));

Deno.test("rejects with the path if the output cannot be written", async () => {
  await assertRejects(() => openOutput("/no/such/folder"), Error, "Cannot write /no/such/folder");
});
