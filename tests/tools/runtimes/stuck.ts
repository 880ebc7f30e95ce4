/** A test that waits for nothing. */
import { test } from "../../../tools/runtimes/harness.ts";

test("passes", () => {});
test("never settles", () => new Promise(() => {}));
test("does not run", () => {});
