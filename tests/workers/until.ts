import { assert } from "@std/assert";
import { delay } from "@std/async/delay";

/** Waits until the test is true. Fails after at least 30 s. */
export async function until(test: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 6_000 && !test(); i++) await delay(5);
  assert(test(), `timed out waiting until ${what}`);
}
