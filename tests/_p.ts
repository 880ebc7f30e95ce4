import { prepareOutput } from "../src/output/prepare_output.ts";
const schema = {
  type: "object",
  properties: {
    items: {
      type: "array",
      items: {
        type: "object",
        properties: { id: { type: "number" }, text: { type: "string" } },
        required: ["id", "text"],
      },
    },
  },
  required: ["items"],
};
const N = Number(Deno.args[0] ?? 1) / 10;
const items = Array.from(
  { length: 60_000 * N },
  (_, i) => ({ id: String(i), text: 'with "quotes", {brackets} and \\ and more words than that' }),
);
const whole = JSON.stringify({ items });
const texts: string[] = [
  whole,
  JSON.stringify(whole),
  `[${whole}]`,
  `{"result":${whole}}`,
  "[".repeat(3_000_000 * N) + "]".repeat(2_000_000 * N),
  '{"a":1},"b":2}'.repeat(400_000 * N),
  '"' + '\\"'.repeat(2_500_000 * N) + '"',
  '{"a":\'' + '"'.repeat(5_000_000 * N) + "'}",
  '["'.repeat(2_000_000 * N),
  '{"a":"' + "[".repeat(5_000_000 * N) + '"}',
  "*".repeat(5_000_000 * N),
  "1".repeat(5_000_000 * N),
  '{"items":' + "9".repeat(5_000_000 * N) + "}",
];
for (const t of texts) {
  const b = performance.now();
  const r = await prepareOutput("a", schema).parse(t);
  console.log(t.slice(0, 20), r.ok, Math.round(performance.now() - b));
}
