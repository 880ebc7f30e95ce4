/** Runs calls in workers on another runtime, and prints the outcome of each case as JSON. */
import { batch, isAvailable, RunError } from "@shoal/agents";
import { workers } from "@shoal/agents/workers";
import { readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Beats, Dies, Echo, Many, Throws, Waits } from "./agents.ts";

const at = (file: string) => new URL(file, import.meta.url);
const open = (options = {}) => workers({ module: at("./agents.ts"), size: 2, ...options });

const messageOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  return error instanceof RunError ? messageOf(cause) : message;
};

const CASES: Record<string, () => unknown> = {
  available: () => isAvailable("workers"),

  async results() {
    const pool = open();
    const calls = Array.from({ length: 30 }, (_, i) => [Echo, { text: `text ${i}` }] as const);
    const results = await batch(calls, { mode: pool, concurrency: 10 });
    const deltas: string[] = [];
    const onDelta = (text: string) => void deltas.push(text);
    const [streamed] = await batch([[Echo, { text: "a b c" }, { onDelta }]], { mode: pool });
    const [many] = await batch([[Many, { texts: ["x", "y"] }]], { mode: pool });
    const { size, restarts, inFlight } = pool.stats();
    await pool.close();
    return {
      contents: results.map(({ content }) => content),
      streamed: [streamed.content, deltas.join("")],
      many: many.content,
      stats: [size, restarts, inFlight],
    };
  },

  async errors() {
    const pool = open();
    const [{ error }, ok] = await batch([[Throws, { text: "no" }], [Echo, { text: "b" }]], {
      mode: pool,
    });
    await pool.close();
    const cause = error!.cause as Error;
    const inner = cause.cause as Error;
    return [error!.code, cause instanceof RangeError, cause.message, inner.name, ok.content];
  },

  async abort() {
    const pool = open();
    await pool.ready();
    const controller = new AbortController();
    const run = batch([[Waits, {}], [Waits, {}]], { mode: pool, signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    const error = await run.catch((error) => error);
    const [next] = await batch([[Echo, { text: "next" }]], { mode: pool });
    const { restarts } = pool.stats();
    await pool.close();
    return [error instanceof RunError, next.content, restarts];
  },

  async ends() {
    const ends: Record<string, unknown> = {};
    for (const end of ["exit", "throw", "reject", "value", "loop"]) {
      const pool = open({ size: 1, perWorker: 1, grace: 100 });
      const options = end === "loop" ? { timeout: 500 } : {};
      const [{ error }] = await batch([[Dies, { end }, options]], { mode: pool });
      const [next] = await batch([[Echo, { text: "next" }]], { mode: pool });
      ends[end] = [error!.code, messageOf(error!.cause), next.content, pool.stats().restarts];
      await pool.close();
    }
    return ends;
  },

  async memory() {
    try {
      const pool = open({ size: 1, memory: 40 });
      const [{ error }] = await batch([[Dies, { end: "memory" }]], { mode: pool });
      await pool.close();
      return [error!.code, messageOf(error!.cause)];
    } catch (error) {
      return messageOf(error);
    }
  },

  async modules() {
    const found: Record<string, unknown> = {};
    const modules = {
      url: at("./agents.ts"),
      text: at("./agents.ts").href,
      path: fileURLToPath(at("./agents.ts")),
      package: import.meta.resolve("my-agents"),
      throwing: at("./throwing.ts"),
      missing: at("./missing.ts"),
      windows: "c:\\missing\\agents.ts",
      relative: "./agents.ts",
      registry: "jsr:@me/agents",
      server: "https://example.org/agents.ts",
    };
    for (const [name, module] of Object.entries(modules)) {
      try {
        const pool = workers({ module, size: 1 });
        try {
          const [{ content }] = await batch([[Echo, { text: name }]], { mode: pool });
          found[name] = content;
        } finally {
          await pool.close();
        }
      } catch (error) {
        found[name] = messageOf(error);
      }
    }
    return found;
  },

  permissions() {
    try {
      workers({ module: at("./agents.ts"), permissions: "inherit" });
      workers({ module: at("./agents.ts"), permissions: "none" });
    } catch (error) {
      return messageOf(error);
    }
  },

  async close() {
    const pool = open({ size: 1 });
    const file = fileURLToPath(at("./beats.txt"));
    await batch([[Beats, { file }]], { mode: pool });
    await pool.close();
    await delay(100);
    const last = readFileSync(file, "utf8");
    await delay(200);
    return [Number(last) > 0, readFileSync(file, "utf8") === last];
  },

  /** The pool is left open: it must not keep the process alive. */
  async open() {
    const [{ content }] = await batch([[Echo, { text: "left open" }]], { mode: open() });
    return content;
  },

  denied() {
    try {
      open();
      return [isAvailable("workers"), "no error"];
    } catch (error) {
      return [isAvailable("workers"), messageOf(error)];
    }
  },
};

const report: Record<string, unknown> = {};
for (const name of process.argv.slice(2)) report[name] = await CASES[name]!();
console.log(JSON.stringify(report));
