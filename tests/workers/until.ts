import { assert } from "@std/assert";
import { delay } from "@std/async/delay";

/** Waits until it is so; fails if that takes longer than anything but a hang could. */
export async function until(test: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 6_000 && !test(); i++) await delay(5);
  assert(test(), `it never came to pass that ${what}`);
}
