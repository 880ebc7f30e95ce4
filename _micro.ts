import { defineAgent } from "@shoal/agents";
import { Identities } from "./src/run/identity.ts";
import { readResult, writeResult } from "./src/journal/result_json.ts";
import { Session } from "./src/journal/session.ts";
const text = "The review is positive, since the customer says that he loves the kettle.";
const usage = {
  inputTokens: 50,
  cachedInputTokens: 0,
  outputTokens: 20,
  reasoningTokens: 0,
  totalTokens: 70,
};
const Echo = defineAgent({
  name: "sentiment",
  model: "gpt-5-mini",
  prompt: "Review: {text}",
  provider: {
    name: "p",
    stream: (() => {}) as any,
    generate: async () => ({ text, finishReason: "stop", usage }),
  } as any,
});
const r = await Echo.settle({ text: "x" });
console.log(writeResult(r, "output").length, writeResult(r, "output"));
const t = (name: string, n: number, f: (i: number) => unknown) => {
  for (let k = 0; k < 2; k++) {
    const b = performance.now();
    for (let i = 0; i < n; i++) f(i);
    if (k) console.log(name, ((performance.now() - b) / n * 1000).toFixed(2), "µs");
  }
};
const ids = new Identities(undefined);
t(
  "id",
  100000,
  (i) =>
    ids.ofCall([Echo, { text: "I love this kettle, it boils fast and looks good. Row " + i }], i),
);
t("write", 100000, () => writeResult(r, "output"));
t("stringify plain", 100000, () => JSON.stringify(r));
const w = writeResult(r, "output");
t("read", 100000, () => readResult(w));
t("parse", 100000, () => JSON.parse(w));
