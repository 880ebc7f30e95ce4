// deno-lint-ignore-file no-control-regex -- terminals use control characters
import { assertEquals, assertMatch } from "@std/assert";
import { colourText, plainText } from "../../../src/cli/paint.ts";
import { panelLines, plainLine } from "../../../src/cli/run/panel.ts";
import type { RunSnapshot } from "../../../src/cli/run/run_stats.ts";
import { AGENTS, COMMAND, place, rowsOf, text } from "../helpers.ts";
import { spawn } from "../../spawn.ts";

const snapshot: RunSnapshot = {
  name: "resnapshots-3f9a1c",
  done: 4_500,
  total: 10_000,
  isTotalEstimated: false,
  ok: 4_480,
  failed: 12,
  bad: 8,
  cached: 30,
  replayed: 1_000,
  inFlight: 200,
  limit: 180,
  perSecond: 42.13,
  tokens: 1_234_567,
  cost: 0.4512,
  projectedCost: 1.02,
  etaMs: 130_000,
  lastError: { code: "rate_limited 429", message: "too\nmany", count: 12 },
};

Deno.test("shows all figures in a panel that fits into the terminal", () => {
  assertEquals(panelLines(snapshot, 100, plainText), [
    "resnapshots-3f9a1c",
    `${"█".repeat(18)}${"░".repeat(22)}  45 %  4,500 / 10,000  ETA 2 m 10 s`,
    "ok 4,480   failed 12   bad 8   cached 30   already done 1,000",
    "42.1/s   in flight 200 (limit 180)   tokens 1,234,567   $0.4512, about $1.02 in total",
    "last error: rate_limited 429 (12): too many",
  ]);
  for (const line of panelLines(snapshot, 30, plainText)) assertEquals(line.length < 30, true);
  assertMatch(panelLines(snapshot, 100, colourText)[4]!, /^\x1b\[31mlast error.*\x1b\[0m$/);
});

Deno.test("shows no percentage and no ETA while the total is unknown", () => {
  const { total: _, etaMs: _1, projectedCost: _2, lastError: _3, ...some } = snapshot;
  const line = plainLine({ ...some, isTotalEstimated: false });
  assertEquals(
    line,
    "4,500 rows · ok 4,480 · failed 12 · bad 8 · cached 30 · " +
      "already done 1,000 · 42.1/s · in flight 200 (limit 180) · tokens 1,234,567 · $0.4512",
  );
});

/**
 * Whether there is a pseudo-terminal: `script` of util-linux provides one. Otherwise the test is
 * skipped.
 */
async function hasPseudoTerminal(): Promise<boolean> {
  try {
    return (await spawn("script", { args: ["--version"] }).status).success;
  } catch {
    return false;
  }
}
const hasScript = await hasPseudoTerminal();

Deno.test({
  name: "redraws the panel in place on a terminal, and keeps it out of the data",
  ignore: !hasScript,
  async fn() {
    await using here = await place({ latency: 100 });
    await here.write("in.jsonl", rowsOf(60));
    const words = [
      ...COMMAND,
      "run",
      `${AGENTS}#Sentiment`,
      "-i",
      "in.jsonl",
      "-o",
      "o.jsonl",
      "-c",
      "5",
    ];
    const terminal = async (env: Record<string, string>, ...more: string[]) => {
      const { code, stdout } = await spawn("script", {
        args: ["-qec", [...words, ...more].map((word) => `'${word}'`).join(" "), "/dev/null"],
        cwd: here.dir,
        // The environment of the tests may turn colours off; this terminal wants them.
        env: { NO_COLOR: undefined, OPENAI_BASE_URL: here.server.url, TERM: "xterm", ...env },
      }).output();
      assertEquals(code, 0);
      return text(stdout);
    };
    const drawn = await terminal({});
    // Moves up over the previous lines, and clears them.
    assertMatch(drawn, /\x1b\[[45]A\x1b\[J/);
    assertMatch(drawn, /█+░+ {2}\d+ %/);
    assertMatch(drawn, /100 % {2}60 \/ 60/);
    assertMatch(drawn, /\x1b\[32mok 60/);
    assertEquals((await here.rows("o.jsonl")).length, 60);
    const plain = await terminal({ NO_COLOR: "1" }, "--resume");
    assertEquals(/\x1b\[\d+m/.test(plain), false);
  },
});
