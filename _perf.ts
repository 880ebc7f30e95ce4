import { defineAgent, stream } from "@shoal/agents";
import { memoryJournal, sqliteJournal } from "@shoal/agents/journal";
import { scripted } from "@shoal/agents/testing";
import { delay } from "@std/async/delay";
const N = +(Deno.args[1] ?? 100000), C = +(Deno.args[2] ?? 1000), kind = Deno.args[0];
const base = {
  inputTokens: 50,
  cachedInputTokens: 0,
  outputTokens: 20,
  reasoningTokens: 0,
  totalTokens: 70,
};
const text = "The review is positive, since the customer says that he loves the kettle.";
const Echo = defineAgent({
  name: "sentiment",
  model: "gpt-5-mini",
  prompt: "Review: {text}",
  provider: {
    name: "p",
    stream: (() => {}) as any,
    generate: async () => {
      await delay(20);
      return { text, finishReason: "stop", usage: base };
    },
  } as any,
});
function* calls() {
  for (let i = 0; i < N; i++) {
    yield [Echo, { text: "I love this kettle, it boils fast and looks good. Row " + i }] as const;
  }
}
const cpu0 = () => {
  const u = Deno.readTextFileSync("/proc/self/stat").split(" ");
  return (+u[13]! + +u[14]!) * 10;
};
const file = "/tmp/jprobe/perf.db";
if (Deno.args[3] !== "keep") {
  for (const x of ["", "-wal", "-shm"]) {
    try {
      Deno.removeSync(file + x);
    } catch {}
  }
}
const journal = kind === "none"
  ? undefined
  : kind === "memory"
  ? memoryJournal()
  : sqliteJournal(file, { fsync: kind === "fsync" });
for (let k = 0; k < 2; k++) {
  const b = performance.now(), c = cpu0();
  let n = 0, first = 0, rep = 0;
  for await (
    const { result } of stream(calls(), { concurrency: C, ...(journal && { journal, runId: "r" }) })
  ) {
    if (n++ === 0) first = performance.now() - b;
    if (result.replayed) rep++;
  }
  console.log(
    kind,
    k,
    "n",
    n,
    "replayed",
    rep,
    "wall",
    ((performance.now() - b) / 1000).toFixed(2),
    "s; cpu µs/item",
    ((cpu0() - c) / N * 1000).toFixed(1),
    "first ms",
    first.toFixed(0),
    "rss",
    (Deno.memoryUsage().rss / 1e6).toFixed(0),
    "heap",
    (Deno.memoryUsage().heapUsed / 1e6).toFixed(0),
  );
  if (!journal) continue;
  try {
    console.log("wal MB", Deno.statSync(file + "-wal").size / 1e6);
  } catch {}
}
await journal?.close();
try {
  console.log("db MB", Deno.statSync(file).size / 1e6);
} catch {}
