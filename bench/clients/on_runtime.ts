/**
 * Makes calls on any runtime: `on_runtime.mjs NAME OPTIONS`. Prints the measurement as a line of
 * JSON. It is bundled for Node and Bun.
 */
import process from "node:process";
import { CASES as CALLS } from "../cases/calls.ts";
import { countedCase } from "../measure/call_counter.ts";
import { type Cases, type Load, runLanes, TEXT } from "../measure/case.ts";
import type { Measurement } from "../measure/measure.ts";

const MB = 2 ** 20;

const CASES: Cases = {
  ...CALLS,
  undici: async ({ url, ...loads }: Load & { readonly url: string; readonly warm: Load }) => {
    const { Pool } = await import("undici");
    const { origin, pathname } = new URL(`${url}/chat/completions`);
    const pool = new Pool(origin);
    const messages = [{ role: "user", content: TEXT }];
    const call = async (): Promise<void> => {
      const { statusCode, body } = await pool.request({
        path: pathname,
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer none" },
        body: JSON.stringify({ model: "bench", messages }),
      });
      if (statusCode !== 200) throw new Error(`status ${statusCode}`);
      await body.json();
    };
    return countedCase(loads, (load, counter) => runLanes(load, () => counter.count(call())));
  },
};

const [name, options] = process.argv.slice(2);
const { warm, work } = await CASES[name!]!(JSON.parse(options!));
await warm?.();
const beforeMB = process.memoryUsage().rss / MB;
const cpu = process.cpuUsage();
const startedAt = performance.now();
const extra = await work() ?? {};
const wallMs = performance.now() - startedAt;
const { user, system } = process.cpuUsage(cpu);
const measured: Measurement = {
  wallMs,
  cpuMs: (user + system) / 1000,
  beforeMB,
  peakMB: process.resourceUsage().maxRSS / 1024,
  extra,
};
console.log(JSON.stringify(measured));
process.exit(0);
