/** A test that leaves a timer, so that the process would live on. */
import { test } from "../../../tools/runtimes/harness.ts";

test("leaves a timer", () => void setInterval(() => {}, 1_000));
