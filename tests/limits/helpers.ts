import { assert } from "@std/assert";
import type { FeedbackOutcome } from "../../src/limits/feedback.ts";

export const MINUTE = 60_000;

/** Lets everything happen that needs no timer. */
export async function microtasks(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** The clock behind the fake time. */
export function clock(): { next(): number; countTimers(): number } {
  return (setTimeout as unknown as { clock: ReturnType<typeof clock> }).clock;
}

/** Lets fake time pass from timer to timer; as `tick`, but without a real timer for each of them. */
export async function pass(ms: number): Promise<void> {
  let over = false;
  setTimeout(() => over = true, ms);
  await microtasks();
  while (!over) {
    clock().next();
    await microtasks();
  }
}

/** Lets fake time pass until nobody waits for it. */
export async function passAll(): Promise<void> {
  await microtasks();
  for (let turn = 0; clock().countTimers() > 0; turn++) {
    assert(turn < 100_000, "a timer is set again and again");
    clock().next();
    await microtasks();
  }
}

/** Waits in time, be it real, fake or virtual. */
export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** All that an answer may tell. */
export const HEARD: readonly FeedbackOutcome[] = ["ok", "rejected", "failed", "unknown"];
