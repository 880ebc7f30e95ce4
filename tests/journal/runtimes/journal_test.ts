/** Runs with a SQLite journal on Node and Bun, from the bundled package. */
import { JournalError, sqliteJournal } from "@shoal/agents/journal";
import { simulator } from "@shoal/agents/testing";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { until } from "../../workers/until.ts";
import { buildPackage } from "../../runtimes/build_package.ts";
import { runProgram, startProgram } from "../../runtimes/run_program.ts";
import { type Runtime, RUNTIMES } from "../../runtimes/runtimes.ts";

const ROWS = 600;
const KILLS = 3;

const folder = await buildPackage();
addEventListener("unload", () => Deno.removeSync(folder.path, { recursive: true }));
await folder.add(new URL("./program.ts", import.meta.url));
let journals = 0;

/** Returns what a program needs, with a journal of its own. */
function program(url: string, journal = `${folder.path}/journal-${++journals}.db`) {
  return {
    journal,
    options: (command: string, rows = ROWS, flags: readonly string[] = []) => ({
      cwd: folder.path,
      args: [...flags, "program.ts", command, String(rows)],
      env: { UPSTREAM: url, JOURNAL: journal },
    }),
  };
}

/** Returns the rows that are finished in a journal, while another process may write to it. */
async function finishedRows(path: string): Promise<Set<number>> {
  await using journal = sqliteJournal(path);
  const rows = new Set<number>();
  for await (const { key } of journal.results("rows", { status: "ok" })) rows.add(Number(key));
  return rows;
}

/** A model server that counts the requests for each row. */
function rowServer() {
  const requests = new Map<number, number>();
  let total = 0;
  let reached: { readonly count: number; readonly resolve: () => void } | undefined;
  const server = simulator({
    latency: { min: 5, max: 20 },
    script({ text }) {
      const row = Number(text.slice("row ".length));
      requests.set(row, (requests.get(row) ?? 0) + 1);
      if (++total === reached?.count) reached.resolve();
      return undefined;
    },
  });
  return {
    server,
    requests,
    /** Resolves after this many more requests. */
    after(more: number): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      reached = { count: total + more, resolve };
      return promise;
    },
  };
}

async function killAndResume(runtime: Runtime): Promise<void> {
  const { server, requests, after } = rowServer();
  await using _server = server;
  const { journal, options } = program(server.url);
  let finished = new Set<number>();
  for (let kill = 0; kill < KILLS; kill++) {
    const reached = after(Math.floor(ROWS / (KILLS + 2)));
    const child = startProgram(runtime, options("run"));
    await Promise.race([reached, child.ended]);
    const { signal, err } = await child.end("SIGKILL");
    assertEquals(signal, "SIGKILL", err);
    const now = await finishedRows(journal);
    for (const row of finished) assert(now.has(row), `row ${row} was lost`);
    finished = now;
  }
  assert(finished.size > 0 && finished.size < ROWS, `${finished.size} rows were finished`);
  const before = new Map(requests);
  const results = await runProgram(runtime, options("run"));
  const rows = Array.from({ length: ROWS }, (_, row) => row);
  assertEquals(results.map(([row]: [number]) => row).sort((a: number, b: number) => a - b), rows);
  const replayed = results.filter(([, , replayed]: unknown[]) => replayed === true);
  assertEquals(new Set(replayed.map(([row]: [number]) => row)), finished);
  for (const row of finished) {
    assertEquals(requests.get(row), before.get(row), `row ${row} was requested again`);
  }
  // Every result is in the journal, and another runtime reads it.
  assertEquals(await finishedRows(journal), new Set(rows));
}

for (const runtime of RUNTIMES) {
  const { name, isBun } = runtime;
  const ignore = runtime.path === undefined;
  const test = (title: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${name}: ${title}`, ignore, fn });

  test(
    `SQLite journal: after ${KILLS} kills nothing is lost or repeated`,
    () => killAndResume(runtime),
  );

  test("SQLite journal: a second process is locked out until the first ends", async () => {
    await using server = simulator({ respond: ({ text }) => text, latency: 600_000 });
    const { options, journal } = program(server.url);
    const first = startProgram(runtime, options("run", 1));
    await until(() => server.stats.requests > 0, "the first process has opened its run");
    const [code, message] = await runProgram(runtime, options("run", 1));
    assertEquals(code, "locked");
    assertMatch(message, /another process is writing to it/);
    await first.end("SIGKILL");
    await using quick = simulator({ respond: ({ text }) => text });
    const { options: again } = program(quick.url, journal);
    assertEquals(await runProgram(runtime, again("run", 1)), [[0, "row 0", false]]);
    assertEquals(await runProgram(runtime, again("run", 1)), [[0, "row 0", true]]);
  });

  test("SQLite journal: uses a database that the caller has opened, and leaves it open", async () => {
    await using server = simulator({ respond: ({ text }) => text });
    assertEquals(await runProgram(runtime, program(server.url).options("open", 30)), [30, 30]);
  });

  test("SQLite journal: keeps a date, which runtimes of the same kind can read", async () => {
    const { journal: path, options } = program("http://127.0.0.1:9");
    const contents = await runProgram(runtime, options("dates"));
    assertEquals(contents, [[true, 5, false], [true, 5, true]]);
    await using journal = sqliteJournal(path);
    const read = async () => {
      for await (const { result } of journal.results("dates")) return result!.content;
    };
    if (!isBun) return assertEquals(await read(), { at: new Date(5) });
    const { code } = await assertRejects(read, JournalError, "continue the run on Bun");
    assertEquals(code, "read");
    // It is not paid again either.
    const node = RUNTIMES.find(({ isBun, path }) => !isBun && path);
    if (node !== undefined) {
      assertEquals(await runProgram(node, options("dates")), [true, "read"]);
    }
  });

  test("other journals do not load SQLite, and print no warning", async () => {
    await using server = simulator({ respond: ({ text }) => text });
    const { code, out, err } = await startProgram(
      runtime,
      program(server.url).options("memory", 5),
    ).ended;
    assertEquals([code, out.trim()], [0, "5"], err);
    assert(!err.includes("SQLite"), err);
  });

  test("kvJournal says that only Deno has Deno KV", async () => {
    const [isJournalError, code, message] = await runProgram(
      runtime,
      program("http://127.0.0.1:9").options("kv", 1),
    );
    assertEquals([isJournalError, code], [true, "open"]);
    assertMatch(message, /only Deno has Deno KV: use sqliteJournal/);
  });

  if (isBun) continue;

  test("SQLite journal: says which Node has node:sqlite", async () => {
    // As Node before 22.13.
    const flags = ["--no-experimental-sqlite"];
    const { options } = program("http://127.0.0.1:9");
    const [code, message] = await runProgram(runtime, options("run", 1, flags));
    assertEquals(code, "open");
    assertMatch(message, /as Node [\d.]+ has no node:sqlite: update Node to 22\.13 or later/);
  });
}
