/**
 * Tests `@shoal/agents/testing` on Node and Bun, and with the same programs on Deno. Each program
 * must end by itself, which it does only if it leaves nothing open.
 */
import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { bundle } from "../../runtimes/bundle.ts";
import { runProgram } from "../../runtimes/run_program.ts";
import { type Runtime, RUNTIMES } from "../../runtimes/runtimes.ts";

const CERTS = fileURLToPath(new URL("../certs", import.meta.url));

/** What each program must print. */
const EXPECTED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  simulator: {
    "listens at once": true,
    "rejects a port that is taken": ["EADDRINUSE", true],
    "frees its port": ["two", true],
    "listens on 127.0.0.1 only": true,
    "streams": [true, true],
    "statuses": [429, "100", 503, null, 200, null],
    "resets": { text: "", ending: "ECONNRESET" },
    "half a body": ["HTTP/1.1 200 OK", true, "end"],
    "slow headers": "late",
    "Expect: 100-continue": ["HTTP/1.1 100", "HTTP/1.1 200"],
    "pipelined requests": [3, 1],
    "1,000 requests at once": [true, 1000],
    "a client that disconnects": 0,
    "close ends what is pending": [["rejected"], 0],
    "a client that does not read": 1,
    "large bodies": true,
    "HTTPS": ["grün", 1, "rejected", false],
    "HTTP/2": [["grün"], 10, 1],
    "HTTP/2: a reset stream": [["reset", "grün"], 1],
  },
  recording: {
    "records and replays": [true, 2, true, false, 0, true],
    "passes each chunk on at once": [4, true, null],
    "a client that leaves before the headers": [true, true, null],
    "a connection that breaks": [
      "rejected",
      502,
      "recorder_unreachable",
      [["string", null], ["string", null]],
    ],
    "a server that is not there": ["recorder_unreachable", true],
    "bytes, headers and statuses": [
      [
        ["POST", "/base/v2/files/a%20b?x=1&api-version=1", [0, 200, 13, 10, 255], "1"],
        ["GET", "/base/v2/files/a%20b?x=1&api-version=1", [], "1"],
        ["DELETE", "/base/v2/files/a%20b?x=1&api-version=1", [], "1"],
        ["POST", "/base/v2/files?api-version=1", [0, 200, 13, 10, 255], null],
      ],
      [
        [201, ["a=1", "b=2"], "yes", "/elsewhere", [255, 0, 1]],
        [201, ["a=1", "b=2"], "yes", "/elsewhere", []],
        [204, ["a=1", "b=2"], "yes", "/elsewhere", []],
        201,
      ],
    ],
    "a port that is taken": "EADDRINUSE",
    "close waits for answers, not for idle connections": ["last", 2],
    "close does not wait for connections that have sent nothing": "x",
    "200 requests at once": true,
  },
  virtual: {
    "an hour at once": [[3_600_000, 3_600_000, 3_600_000], 3_600_000, 0, true],
    "order": "abcde",
    "async context": ["mine", "mine"],
    "the clock waits for work without timers": [0, 1],
    "a timer that fires causes work before the next": ["work", "next"],
    "AbortSignal.timeout": [60_000, "TimeoutError"],
    "intervals, clear by number, tick": [10, 2000, 0],
    "real work": true,
    "nothing left to wait for": [
      "Cannot go on in virtual time as nothing is left to wait for:",
      true,
    ],
    "a timer that throws": ["mine", true],
    "a real timer is cleared during it": true,
    "an agent of a virtual provider": [100, "7", true, 0],
    "scripted": ["one", "two", 2, 2],
    "scripted in virtual time": ["late", 3_600_000],
  },
};

const PROGRAMS = Object.keys(EXPECTED);
const SOURCES = PROGRAMS.map((name) =>
  fileURLToPath(new URL(`./${name}_program.ts`, import.meta.url))
);
const DENO: Runtime = { name: "Deno", path: Deno.execPath(), isBun: false, hasUsing: true };

const folder = await Deno.makeTempDir();
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

let bundled: Promise<void> | undefined;

for (const runtime of [DENO, ...RUNTIMES]) {
  for (const program of PROGRAMS) {
    Deno.test(
      { name: `${runtime.name}: ${program}`, ignore: runtime.path === undefined },
      async () => {
        await (bundled ??= bundle(SOURCES, folder));
        const flags = runtime === DENO
          ? ["run", "--no-prompt", "--allow-net", "-R", "-W", "-E"]
          : [];
        const args = [...flags, `${program}_program.js`, CERTS];
        assertEquals(await runProgram(runtime, { cwd: folder, args }), EXPECTED[program]);
      },
    );
  }
}
