import { assert, assertEquals } from "@std/assert";
import { InputHistory } from "../../src/limits/input_history.ts";

/** A size of a text that may have up to `density` tokens where one is estimated. */
function size(estimatedInput: number, density = 4 / 3) {
  return { estimatedInput, maxInput: estimatedInput * density };
}

Deno.test("input history: estimates by the densest of similar requests", () => {
  const history = new InputHistory();
  assertEquals(history.tokensOf(size(90)), 120);
  history.add(size(90), 108);
  assertEquals(history.tokensOf(size(90)), 108);
  assertEquals(history.tokensOf(size(180)), 270); // 216 and a margin of a quarter
  for (let i = 0; i < 24; i++) history.add(size(90), 72);
  const tokens = history.tokensOf(size(180));
  assert(tokens <= 219 && tokens >= 212, `${tokens}`);
});

Deno.test("input history: keeps requests of another density apart", () => {
  const history = new InputHistory();
  for (let i = 0; i < 100; i++) history.add(size(90), 72);
  assertEquals(history.tokensOf(size(90, 6)), 540);
  history.add(size(90, 6), 400);
  assertEquals(history.tokensOf(size(90, 6)), 400);
  assert(history.tokensOf(size(91)) <= 74);
});

Deno.test("input history: learns by how much a server exceeds the maximum", () => {
  const history = new InputHistory();
  history.add(size(90), 240);
  assertEquals(history.tokensOf(size(90, 6)), 1_080);
});
