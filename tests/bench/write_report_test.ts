import { assertEquals, assertStringIncludes } from "@std/assert";
import { pathToFileURL } from "node:url";
import type { Goal } from "../../bench/report/goal.ts";
import type { Report } from "../../bench/report/report.ts";
import { writeReport } from "../../bench/report/write_report.ts";

const report = (command: string, part: string, goals: Goal[]): Report => ({
  command,
  machine: { cores: 2, memoryGB: 25, deno: "2.9.6", os: "linux" },
  times: 3,
  seconds: 200.4,
  parts: { [part]: [{ table: { title: "T", rows: [{ client: "c", "wall s": 1.5 }] }, goals }] },
});
const MACHINE = "2 cores, 25 GB, Deno 2.9.6, linux";
const goal = (found: number): Goal => ({ name: "g", found, atMost: 5, unit: "µs" });

Deno.test("writeReport: writes the files of a group and the list of all reports", async () => {
  const path = await Deno.makeTempDir();
  try {
    const folder = pathToFileURL(`${path}/results/`);
    const files = ["latest", "http", "bulk"];
    const main = report("deno task bench", "modes", [goal(4), goal(6)]);
    await writeReport(main, folder, "latest", files);
    await writeReport(report("deno task bench:http", "http", []), folder, "http", files);
    const read = (name: string) => Deno.readTextFile(new URL(name, folder));

    assertEquals(JSON.parse(await read("latest.json")), main);
    assertStringIncludes(await read("latest.md"), "Goals met: 1 of 2");
    assertStringIncludes(await read("http.md"), "# Results of `deno task bench:http`");
    const list = (await read("README.md")).split("\n").filter((line) => line.startsWith("| ["));
    assertEquals(list, [
      `| [latest](latest.md) | modes | \`deno task bench\` | 1 of 2 | 200 | ${MACHINE} |`,
      `| [http](http.md) | http | \`deno task bench:http\` | – | 200 | ${MACHINE} |`,
    ]);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});
