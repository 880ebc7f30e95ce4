import { kvJournal, memoryJournal, sqliteJournal } from "@shoal/agents/journal";
import { createHash } from "node:crypto";
const result = JSON.parse(
  '{"ok":true,"content":"The review is positive, since the customer says that he loves the kettle.","finishReason":"stop","agent":"sentiment","model":"gpt-5-mini","usage":{"inputTokens":50,"cachedInputTokens":0,"outputTokens":20,"reasoningTokens":0,"totalTokens":70},"cost":{"input":0.0000125,"output":0.00004,"total":0.0000525},"attempts":[{"model":"gpt-5-mini","startedAt":1795379458603,"durationMs":7.67707200000001,"usage":{"inputTokens":50,"cachedInputTokens":0,"outputTokens":20,"reasoningTokens":0,"totalTokens":70}}],"toolCalls":[],"startedAt":1795379458593,"durationMs":100.285919,"timing":{"queuedMs":0,"limitedMs":0,"backoffMs":0,"modelMs":7.67707200000001,"toolsMs":0},"usedFallback":false,"cached":false,"replayed":false,"children":[]}',
);
const cpu0 = () => {
  const u = Deno.readTextFileSync("/proc/self/stat").split(" ");
  return (+u[13]! + +u[14]!) * 10;
};
const N = +(Deno.args[1] ?? 200000), G = +(Deno.args[2] ?? 200);
for (const x of ["", "-wal", "-shm"]) {
  try {
    Deno.removeSync("/tmp/jprobe/m.db" + x);
  } catch {}
}
const journal = Deno.args[0] === "memory"
  ? memoryJournal()
  : Deno.args[0] === "kv"
  ? kvJournal("/tmp/jprobe/m.db")
  : sqliteJournal("/tmp/jprobe/m.db", { fsync: Deno.args[0] === "fsync" });
const ids = Array.from(
  { length: N },
  (_, i) => createHash("sha256").update("x" + i).digest("hex").slice(0, 32),
);
for (let k = 0; k < 2; k++) {
  const b0 = performance.now();
  const s = await journal.open("r");
  console.log("open", (performance.now() - b0).toFixed(0), "ms");
  const b = performance.now(), c = cpu0();
  let rep = 0;
  for (let g = 0; g < N; g += G) {
    const items = ids.slice(g, g + G).map((id, i) => ({ id, index: g + i, agent: "sentiment" }));
    const found = await Promise.all(items.map((i) => s.begin(i)));
    await Promise.all(items.map((i, j) => found[j] === "missing" ? s.finish(i, result) : rep++));
  }
  console.log(
    Deno.args[0],
    rep,
    "wall",
    ((performance.now() - b) / N * 1000).toFixed(1),
    "cpu",
    ((cpu0() - c) / N * 1000).toFixed(1),
    "µs/item",
    "rss",
    (Deno.memoryUsage().rss / 1e6).toFixed(0),
  );
  const t = performance.now();
  await s.close();
  console.log("close", performance.now() - t);
}
const t = performance.now();
console.log((await journal.summary("r"))?.ok, performance.now() - t);
await journal.close();
