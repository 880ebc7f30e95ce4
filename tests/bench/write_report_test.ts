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
const goal = (found: number): Goal => ({ name: "g", found, atMost: 5, unit: "µs" });

Deno.test("each group has files of its own, and a list names them all", async () => {
  const path = await Deno.makeTempDir();
  try {
    const folder = pathToFileURL(`${path}/results/`);
    const files = ["latest", "http", "bulk"];
    const main = report("deno task bench", "modes", [goal(4), goal(6)]);
    await writeReport(main, folder, "latest", files);
    await writeReport(report("deno task bench:http", "http", []), folder, "http", files);
    const read = (name: string) => Deno.readTextFile(new URL(name, folder));

    assertEquals(JSON.parse(await read("latest.json")), main);
    assertStringIncludes(await read("latest.md"), "Reached: 1 of 2");
    assertStringIncludes(await read("http.md"), "# What `deno task bench:http` found");
    const list = (await read("README.md")).split("\n").filter((line) => line.startsWith("| ["));
    assertEquals(list, [
      "| [latest](latest.md) | modes | `deno task bench` | 1 of 2 | 200 | 2 cores, 25 GB, Deno 2.9.6, linux |",
      "| [http](http.md) | http | `deno task bench:http` | – | 200 | 2 cores, 25 GB, Deno 2.9.6, linux |",
    ]);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});
