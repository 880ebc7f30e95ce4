import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { AnswerHistory } from "../../src/limits/answer_history.ts";
import {
  type AttemptEstimate,
  expectedOutput,
  UNKNOWN_OUTPUT,
  unknownOutput,
} from "../../src/limits/expected_output.ts";
import { ageOf, LengthsByDuration } from "../../src/limits/lengths_by_duration.ts";
import { ReservedSum, shareOf } from "../../src/limits/reserved_sum.ts";

function historyOf(lengths: readonly number[], durationMs = 1_000): AnswerHistory {
  const history = new AnswerHistory();
  for (const length of lengths) history.add(length, durationMs);
  return history;
}

function estimate(history: AnswerHistory, maxTokens?: number): AttemptEstimate {
  return { inputTokens: 10, likelyInput: 1, maxTokens, history };
}

Deno.test("answer history: follows answers that become longer, and keeps the longest", () => {
  const history = historyOf([
    ...Array<number>(1_000).fill(100),
    ...Array<number>(50).fill(1_000),
  ]);
  assert(history.typical > 130 && history.typical < 150, `${history.typical}`);
  assert(history.mean > 750, `${history.mean}`);
  assertEquals(history.longest, 1_000);
  for (let i = 0; i < 20_000; i++) history.add(100, 1_000);
  assertAlmostEquals(history.mean, 100, 1);
  assert(history.longest < 110, "an old maximum is forgotten");
});

Deno.test("answer history: pending answers count with what is expected of them", () => {
  const history = historyOf([100, 100]);
  history.addPending(1, 1_000);
  history.addPending(1, 1_000);
  assertEquals([history.mean, history.meanWithPending], [100, 550]);
  history.addPending(-1, -1_000);
  history.addPending(-1, -1_000);
  assertEquals(history.meanWithPending, 100);
});

Deno.test("answer history: learns by how much a server exceeds a limit", () => {
  const history = new AnswerHistory();
  history.addLimited(1_000, 800);
  assertEquals(history.overrun, 1);
  history.addLimited(1_000, 1_500);
  assertEquals(history.overrun, 1.5);
  assertEquals(expectedOutput(estimate(history, 200), 0, 0).most, 300);
});

Deno.test("lengths by duration: estimates long answers by others that took as long", () => {
  const lengths = new LengthsByDuration();
  assertEquals(lengths.meanAfter(0), undefined);
  for (let i = 0; i < 95; i++) lengths.add(100, 2_000);
  for (let i = 0; i < 5; i++) lengths.add(8_000, 160_000);
  lengths.add(1, 10);
  assertEquals([ageOf(0), ageOf(3), ageOf(99)], [250, 2_000, Infinity]);
  assertEquals(lengths.meanAfter(0), 495);
  assertEquals(lengths.meanAfter(4), 8_000);
  assertEquals(lengths.meanAfter(10), undefined);
  // They are forgotten.
  for (let i = 0; i < 20_000; i++) lengths.add(100, 2_000);
  assertEquals(lengths.meanAfter(4), undefined);
});

Deno.test("expected output: without answers, with a handful, and with as many as are in flight", () => {
  const none = estimate(new AnswerHistory());
  assertEquals(expectedOutput(none, 0, 0), unknownOutput(0));
  const one = estimate(historyOf([100]));
  assertEquals(expectedOutput(one, 0, 0), { mean: 100, most: 100, isLearned: true });
  assertEquals(expectedOutput(one, 8, 0).most, UNKNOWN_OUTPUT);
  const many = estimate(historyOf(Array<number>(100).fill(100)));
  // An agent that is known does not have to be learned again for each budget.
  assertEquals(expectedOutput(many, 4, 0).most, 150);
  assertEquals(expectedOutput(many, 207, 100).most, 100 * (1 + 207 / 100));
  assertEquals(expectedOutput(many, 208, 100).most, UNKNOWN_OUTPUT);
  assertEquals(unknownOutput(20_000).mean, 20_000);
});

Deno.test("reserved sum: of many, the sum is near that of their means", () => {
  const sum = new ReservedSum();
  const share = shareOf(10, 2, { mean: 495, most: 8_000 });
  assertEquals([share.most, share.mean], [16_010, 1_000]);
  assertEquals(sum.with(share), 1_000 + 3 * Math.sqrt(4 * 495 * 7_505));
  for (let i = 0; i < 999; i++) sum.add(share);
  assert(sum.with(share) < 1_400_000 && sum.with(share) > 1_300_000);
  assertEquals(sum.most, 999 * 16_010);
  // A known maximum has no deviation.
  const exact = new ReservedSum();
  exact.add(shareOf(10, 1, { mean: 90, most: 90 }));
  assertEquals(exact.with(shareOf(10, 1, { mean: 90, most: 90 })), 200);
  exact.remove(shareOf(10, 1, { mean: 90, most: 90 }));
  assertEquals(exact.most, 0);
});
