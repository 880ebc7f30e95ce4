/**
 * Runs the tests of one file on Node or Bun, one after another, and appends what happens to the
 * file at `SHOAL_TEST_EVENTS`, one JSON text a line. `run_file.ts` reads them.
 *
 * It does what Deno's runner does for these tests: rejections that nothing handles fail the test
 * that runs, a test that waits for nothing fails, and so does a file whose process does not end
 * by itself, because that is what leaked timers, sockets and processes cause.
 */
import { appendFileSync } from "node:fs";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";

/** What happens in a file, in this order. */
export type TestEvent =
  | { readonly type: "registered"; readonly tests: number }
  | { readonly type: "started"; readonly name: string }
  | { readonly type: "passed" | "ignored"; readonly name: string }
  | { readonly type: "failed"; readonly name: string; readonly error: string }
  | { readonly type: "done" };

interface Definition {
  name?: string;
  fn?: TestFunction;
  ignore?: boolean;
  only?: boolean;
}
type TestFunction = (context: TestContext) => unknown;
type Hook = () => unknown;

/** What a test receives, as far as the tests use it. */
export interface TestContext {
  readonly name: string;
  /** Runs a step and resolves with whether it ran; rejects if it failed. */
  step(...args: readonly unknown[]): Promise<boolean>;
}

/** How long the process may live after its last test, in milliseconds. */
const MAX_LINGER = 5_000;

const definitions: (Definition & { name: string; fn: TestFunction })[] = [];
const before: Hook[] = [];
const after: Hook[] = [];
const errors: unknown[] = [];
let running: string | undefined;
let isDone = false;

function emit(event: TestEvent): void {
  appendFileSync(process.env.SHOAL_TEST_EVENTS!, JSON.stringify(event) + "\n");
}

/** Reads the forms of the arguments of `Deno.test` and of `t.step`. */
function define(args: readonly unknown[]): Definition & { name: string; fn: TestFunction } {
  const definition: Definition = {};
  for (const arg of args) {
    if (typeof arg === "string") definition.name = arg;
    else if (typeof arg === "function") definition.fn = arg as TestFunction;
    else Object.assign(definition, arg);
  }
  const { fn, name = fn?.name } = definition;
  if (!fn || !name) throw new TypeError("A test needs a name and a function");
  return { ...definition, fn, name };
}

/** Registers a test. It replaces `Deno.test`; sanitizers and permissions are ignored. */
export const test = Object.assign(
  (...args: readonly unknown[]): void => void definitions.push(define(args)),
  {
    beforeAll: (hook: Hook): void => void before.push(hook),
    afterAll: (hook: Hook): void => void after.push(hook),
  },
);

function contextOf(name: string): TestContext {
  return {
    name,
    async step(...args) {
      const step = define(args);
      if (step.ignore) return false;
      try {
        await step.fn(contextOf(step.name));
      } catch (cause) {
        throw new Error(`The step "${step.name}" failed`, { cause });
      }
      return true;
    },
  };
}

/** Runs a test or a hook. Errors that nothing handled meanwhile fail it, too. */
async function run(name: string, fn: () => unknown): Promise<boolean> {
  running = name;
  errors.length = 0;
  try {
    await fn();
    // Rejections without a handler are reported after the turn in which they occur.
    await new Promise((resolve) => setImmediate(resolve));
  } catch (error) {
    errors.unshift(error);
  }
  running = undefined;
  if (errors.length === 0) return true;
  emit({ type: "failed", name, error: errors.map(describe).join("\n") });
  return false;
}

function describe(error: unknown): string {
  return inspect(error, { depth: 6 });
}

function onUncaught(error: unknown): void {
  if (running !== undefined) errors.push(error);
  else emit({ type: "failed", name: "(an error between tests)", error: describe(error) });
}

async function main(file: string): Promise<void> {
  process.on("uncaughtException", onUncaught);
  process.on("unhandledRejection", onUncaught);
  process.on("exit", () => {
    if (isDone) return;
    const error = "It never settles: nothing is left that could settle it.";
    emit({ type: "failed", name: running ?? "(the file)", error });
  });
  if (!await run("(the module)", () => import(pathToFileURL(file).href))) {
    isDone = true;
    process.exit(1);
  }
  const only = definitions.some(({ only }) => only);
  emit({ type: "registered", tests: definitions.length });
  for (const hook of before) await run("(before all tests)", hook);
  for (const { name, fn, ignore, only: isOnly } of definitions) {
    if (ignore || only && !isOnly) {
      emit({ type: "ignored", name });
      continue;
    }
    emit({ type: "started", name });
    if (await run(name, () => fn(contextOf(name)))) emit({ type: "passed", name });
  }
  for (const hook of after.reverse()) await run("(after all tests)", hook);
  isDone = true;
  setTimeout(() => {
    const open = process.getActiveResourcesInfo?.().join(", ") ?? "unknown";
    const error = `The process does not end by itself. It keeps open: ${open}`;
    emit({ type: "failed", name: "(after all tests)", error });
    process.exit(1);
  }, MAX_LINGER).unref();
  emit({ type: "done" });
}

// Not awaited, as the tests import this module.
if (process.argv[1] === import.meta.filename) void main(process.argv[2]!);
