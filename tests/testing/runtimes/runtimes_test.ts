/**
 * Tests `@shoal/agents/testing` on Node and Bun, and with the same programs on Deno. Each program
 * must end by itself, which it does only if it leaves nothing open.
 */
import { assertEquals } from "@std/assert";
import { OTHER_RUNTIMES, type OtherRuntime, runProgram } from "../../runtimes/other_runtimes.ts";
import { bundlePrograms } from "./bundle_programs.ts";

const CERTS = new URL("../certs", import.meta.url).pathname;

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
};

const PROGRAMS = Object.keys(EXPECTED);
const DENO: OtherRuntime = { name: "Deno", path: Deno.execPath() };

const folder = await Deno.makeTempDir();
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

let bundled: Promise<void> | undefined;

for (const runtime of [DENO, ...OTHER_RUNTIMES]) {
  for (const program of PROGRAMS) {
    Deno.test(
      { name: `${runtime.name}: ${program}`, ignore: runtime.path === undefined },
      async () => {
        await (bundled ??= bundlePrograms(folder, PROGRAMS.map((name) => `${name}_program`)));
        const flags = runtime === DENO
          ? ["run", "--no-prompt", "--allow-net", "-R", "-W", "-E"]
          : [];
        const args = [...flags, `${program}_program.js`, CERTS];
        assertEquals(await runProgram(runtime, { cwd: folder, args }), EXPECTED[program]);
      },
    );
  }
}
