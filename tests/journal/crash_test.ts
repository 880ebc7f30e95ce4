/** Kill -9 at any moment and resume: nothing that was finished is paid again, nothing is lost, nothing is doubled. */
import { sqliteJournal } from "@shoal/agents/journal";
import { simulator } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";

const ROWS = 2_000;
const KILLS = 20;

/** The rows that the journal has, by how far they are; it may be read while others write. */
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

Deno.test(`crash: ${ROWS} rows, killed ${KILLS} times at random points, each paid and told once`, async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/journal.db`;
  /** The rows that were asked for since the process began. */
  let asked: number[] = [];
  let onAsked = () => {};
  await using server = simulator({
    latency: { min: 10, max: 40 },
    script({ text }) {
      asked.push(Number(text.slice("row ".length)));
      onAsked();
      return undefined;
    },
  });
  const begin = (backwards: boolean) =>
    new Deno.Command("deno", {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--no-check",
        "--allow-net=127.0.0.1",
        // The journal needs no more than its own file.
        `--allow-read=${path}`,
        `--allow-write=${path}`,
        "tests/journal/crash_child.ts",
        server.url,
        path,
        String(ROWS),
        String(backwards),
      ],
      cwd: new URL("../..", import.meta.url),
      stdout: "piped",
      stderr: "piped",
    }).spawn();

  const finished = new Set<number>();
  const requests = new Map<number, number>();
  /** No row that was recorded as finished is asked for again. */
  const check = (round: string) => {
    for (const row of asked) {
      assert(!finished.has(row), `row ${row} was finished, and asked for again in ${round}`);
      requests.set(row, (requests.get(row) ?? 0) + 1);
    }
  };
  let kills = 0;
  while (kills < KILLS) {
    asked = [];
    // Some kills come at once, some late; until it is dead it goes on, so that they must leave something.
    const left = ROWS - finished.size;
    const after = Math.floor(Math.random() * 1.2 * left / (KILLS - kills + 1));
    const reached = Promise.withResolvers<void>();
    onAsked = () => asked.length > after && reached.resolve();
    const child = begin(kills % 2 === 1);
    const ended = child.output();
    await Promise.race([reached.promise, ended]);
    child.kill("SIGKILL");
    const { signal, stderr } = await ended;
    assertEquals(signal, "SIGKILL", new TextDecoder().decode(stderr));
    kills++;
    onAsked = () => {};
    check(`round ${kills}`);
    const rows = await recorded(path);
    for (const row of finished) assert(rows.finished.has(row), `row ${row} was lost`);
    for (const row of asked) {
      assert(rows.started.has(row) || rows.finished.has(row), `row ${row} left no trace`);
    }
    for (const row of rows.finished) finished.add(row);
  }

  asked = [];
  const { success, stdout, stderr } = await begin(false).output();
  assert(success, new TextDecoder().decode(stderr));
  check("the last round");
  const lines = new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(
    lines.map(([row]) => row).sort((a, b) => a - b),
    Array.from({ length: ROWS }, (_, row) => row),
  );
  assert(lines.every(([, content]) => typeof content === "string" && content !== ""));
  assertEquals(lines.filter(([, , replayed]) => replayed).length, finished.size);
  // What was in flight when it was killed may have been paid twice, and nothing else.
  const doubled = [...requests.values()].reduce((sum, n) => sum + n - 1, 0);
  assert(doubled <= KILLS * 50, `${doubled} requests too many`);
  await Deno.remove(folder, { recursive: true });
});
