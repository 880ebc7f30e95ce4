/** Kill -9 at any moment, then resume: no finished item is paid again, lost or duplicated. */
import { sqliteJournal } from "@shoal/agents/journal";
import { simulator } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
import { rm } from "node:fs/promises";
import { makeTempFolder } from "../temp_folder.ts";
import { startModule } from "../child.ts";

const ROWS = 2_000;
const KILLS = 20;

/** Counts the rows in the journal by status, while another process may write to it. */
async function recorded(path: string) {
  await using journal = sqliteJournal(path);
  const rows = { finished: new Set<number>(), started: new Set<number>() };
  for (const status of ["ok", "failed", "started"] as const) {
    for await (const { key, result } of journal.results("crash", { status })) {
      const row = Number(key);
      if (result !== undefined) assert(result.ok, `row ${row} failed`);
      rows[status === "started" ? "started" : "finished"].add(row);
    }
  }
  return rows;
}

Deno.test(`crash: ${ROWS} rows, ${KILLS} kills: each is paid and reported once`, async () => {
  const folder = await makeTempFolder();
  const path = `${folder}/journal.db`;
  /** The rows requested since the process started. */
  let requested: number[] = [];
  let onRequest = () => {};
  await using server = simulator({
    latency: { min: 10, max: 40 },
    script({ text }) {
      requested.push(Number(text.slice("row ".length)));
      onRequest();
      return undefined;
    },
  });
  const begin = (backwards: boolean) =>
    startModule(new URL("./crash_child.ts", import.meta.url), {
      args: [server.url, path, String(ROWS), String(backwards)],
      // The journal needs no other file than its own.
      permissions: ["--allow-net=127.0.0.1", `--allow-read=${path}`, `--allow-write=${path}`],
    });

  const finished = new Set<number>();
  const requests = new Map<number, number>();
  /** Checks that no row that was recorded as finished is requested again. */
  const check = (round: string) => {
    for (const row of requested) {
      assert(!finished.has(row), `row ${row} was finished, and requested for again in ${round}`);
      requests.set(row, (requests.get(row) ?? 0) + 1);
    }
  };
  let kills = 0;
  while (kills < KILLS) {
    requested = [];
    // Some kills come at once, some late. Each process leaves rows for the next.
    const left = ROWS - finished.size;
    const after = Math.floor(Math.random() * 1.2 * left / (KILLS - kills + 1));
    const reached = Promise.withResolvers<void>();
    onRequest = () => requested.length > after && reached.resolve();
    const child = begin(kills % 2 === 1);
    await Promise.race([reached.promise, child.output]);
    const { signal, stderr } = await child.kill();
    assertEquals(signal, "SIGKILL", stderr);
    kills++;
    onRequest = () => {};
    check(`round ${kills}`);
    const rows = await recorded(path);
    for (const row of finished) assert(rows.finished.has(row), `row ${row} was lost`);
    for (const row of requested) {
      assert(rows.started.has(row) || rows.finished.has(row), `row ${row} left no trace`);
    }
    for (const row of rows.finished) finished.add(row);
  }

  requested = [];
  const { success, stdout, stderr } = await begin(false).output;
  assert(success, stderr);
  check("the last round");
  const lines = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(
    lines.map(([row]) => row).sort((a, b) => a - b),
    Array.from({ length: ROWS }, (_, row) => row),
  );
  assert(lines.every(([, content]) => typeof content === "string" && content !== ""));
  assertEquals(lines.filter(([, , replayed]) => replayed).length, finished.size);
  // Only rows in flight at a kill may have been paid twice.
  const doubled = [...requests.values()].reduce((sum, n) => sum + n - 1, 0);
  assert(doubled <= KILLS * 50, `${doubled} requests too many`);
  await rm(folder, { recursive: true });
});
