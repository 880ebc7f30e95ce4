import { isAvailable } from "@shoal/agents";
import { assertEquals, assertThrows } from "@std/assert";

/** Replaces globals until it is disposed; `undefined` removes them. */
function globals(replaced: Record<string, unknown>): Disposable {
  const names = Object.keys(replaced);
  const before = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
  for (const name of names) {
    Object.defineProperty(globalThis, name, { value: replaced[name], configurable: true });
  }
  return {
    [Symbol.dispose]() {
      names.forEach((name, i) => {
        if (before[i] !== undefined) Object.defineProperty(globalThis, name, before[i]);
        else Reflect.deleteProperty(globalThis, name);
      });
    },
  };
}

Deno.test("isAvailable: the event loop and workers", () => {
  assertEquals(isAvailable("event-loop"), true);
  assertEquals(isAvailable("workers"), true);
});

const node = "24.0.0";
const permission = (allowed: readonly string[]) => ({
  has: (name: string) => allowed.includes(name),
});
const Worker = class {};

/** The globals of runtimes, as far as they show whether there are threads. */
const RUNTIMES: Record<string, [available: boolean, globals: Record<string, unknown>]> = {
  "Deno": [true, { process: { versions: { node, deno: "2.9.0" } }, Worker }],
  "Deno Deploy": [false, { process: { versions: { node, deno: "2.9.0" } }, Worker: undefined }],
  "Node": [true, { process: { versions: { node } }, Worker: undefined }],
  "Node with --permission": [
    false,
    { process: { versions: { node }, permission: permission(["fs"]) }, Worker: undefined },
  ],
  "Node with --permission and --allow-worker": [
    true,
    { process: { versions: { node }, permission: permission(["worker"]) }, Worker: undefined },
  ],
  "Bun": [true, { process: { versions: { node, bun: "1.4.0" } }, Worker }],
  "workerd": [
    false,
    {
      process: { versions: { node } },
      Worker: undefined,
      navigator: { userAgent: "Cloudflare-Workers" },
    },
  ],
  "a browser": [false, { process: undefined, Worker }],
  "a browser with the process of a bundler": [false, { process: { versions: {} }, Worker }],
};

for (const [name, [available, replaced]] of Object.entries(RUNTIMES)) {
  Deno.test(`isAvailable: workers are ${available ? "" : "not "}available on ${name}`, () => {
    using _ = globals({ navigator: undefined, ...replaced });
    assertEquals([isAvailable("workers"), isAvailable("event-loop")], [available, true]);
  });
}

Deno.test("isAvailable rejects an unknown mode", () => {
  for (const mode of ["threads", "", undefined, "Workers"]) {
    // deno-lint-ignore no-explicit-any
    assertThrows(() => isAvailable(mode as any), TypeError, '"event-loop" or "workers"');
  }
});
