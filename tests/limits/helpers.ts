import { assert } from "@std/assert";
import type { FeedbackOutcome } from "../../src/limits/feedback.ts";

export const MINUTE = 60_000;

/** Runs pending microtasks. */
export async function microtasks(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** Returns the fake clock. */
export function clock(): { next(): number; countTimers(): number } {
  return (setTimeout as unknown as { clock: ReturnType<typeof clock> }).clock;
}

/** Advances the fake clock from timer to timer; like `tick`, but without a real timer each. */
export async function pass(ms: number): Promise<void> {
  let isOver = false;
  setTimeout(() => isOver = true, ms);
  await microtasks();
  while (!isOver) {
    clock().next();
    await microtasks();
  }
}

/** Advances the fake clock until no timer is pending. */
export async function passAll(): Promise<void> {
  await microtasks();
  for (let turn = 0; clock().countTimers() > 0; turn++) {
    assert(turn < 100_000, "a timer is set again and again");
    clock().next();
    await microtasks();
  }
}

/** Waits in real, fake or virtual time. */
export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** All outcomes of an attempt. */
export const OUTCOMES: readonly FeedbackOutcome[] = ["ok", "rejected", "failed", "unknown"];
