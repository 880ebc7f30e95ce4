/**
 * How near the module is to what the machine can do, beside what else one would take. Each run has a process of its own, the
 * server too; what is compared is run in turn, and the median of three counts.
 *
 *     deno task bench            all of it, about five minutes
 *     deno task bench --quick    one run of each instead of three
 *     deno task bench --json     the figures as JSON on stdout
 *     deno task bench pool calls only these parts: pool, calls, stream, tls
 */
import { interleaved, measure, type Measured, startServer } from "./measure.ts";

const PARTS = { pool, calls, stream, tls };
const flags = Deno.args.filter((arg) => arg.startsWith("--"));
const wanted = Deno.args.filter((arg) => !arg.startsWith("--"));
const times = flags.includes("--quick") ? 1 : 3;
const cert = new URL("../tests/testing/certs/localhost.crt.pem", import.meta.url).pathname;

/** A table: a title, what the columns are, and the rows. */
interface Table {
  readonly title: string;
  readonly rows: readonly Readonly<Record<string, string | number>>[];
  readonly note?: string;
}

const tables: Table[] = [];
for (const [name, part] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`measuring: ${name} …`);
  for (const table of await part()) {
    tables.push(table);
    if (!flags.includes("--json")) print(table);
  }
}

const machine = {
  cores: navigator.hardwareConcurrency,
  memoryGB: Math.round(Deno.systemMemoryInfo().total / 1e9),
  deno: Deno.version.deno,
  os: `${Deno.build.os} ${Deno.build.arch}`,
};
const results = { machine, times, tables };
if (flags.includes("--json")) console.log(JSON.stringify(results, null, 2));
else {console.log(
    `${machine.cores} cores, ${machine.memoryGB} GB, Deno ${machine.deno}, ${machine.os}; median of ${times}`,
  );}
if (wanted.length === 0 && times > 1) {
  const file = new URL("./results/latest.json", import.meta.url);
  await Deno.mkdir(new URL("./", file), { recursive: true });
  await Deno.writeTextFile(file, JSON.stringify(results, null, 2) + "\n");
}

/** 20,000 sleeps of 5 ms. */
async function pool(): Promise<Table[]> {
  const n = 20_000;
  const ms = 5;
  const tables: Table[] = [];
  for (const concurrency of [100, 1_000, 5_000]) {
    const run = (name: string, limit?: number) => () =>
      measure(name, { n, ms, concurrency }, limit);
    const found = await interleaved(times, {
      "shoal each": run("pool-shoal"),
      "p-map": run("pool-p-map"),
      "p-limit": run("pool-p-limit"),
    });
    // Once is enough to see it.
    const naive = await run("pool-pooledMap", 15_000)();
    const ideal = n / concurrency * ms;
    tables.push({
      title: `Pool alone: ${count(n)} sleeps of ${ms} ms, ${
        count(concurrency)
      } at a time (ideal ${ideal} ms)`,
      rows: Object.entries({ ...found, "pooledMap over items": naive }).map(([pool, m]) => ({
        pool,
        "wall ms": m === undefined ? "> 15,000, stopped" : round(m.wallMs),
        "CPU ms": m === undefined ? "–" : round(m.cpuMs),
        "peak MB": m === undefined ? "–" : round(m.peakMB),
      })),
    });
  }
  return tables;
}

/** Calls to a server that takes its time. */
async function calls(): Promise<Table[]> {
  const tables: Table[] = [];
  for (const [n, concurrency, ms] of [[1_000, 100, 200], [10_000, 1_000, 1_000]] as const) {
    await using server = await startServer(ms);
    const run = (name: string) => () => measure(name, { n, concurrency, url: server.url });
    const found = await interleaved(times, {
      "shoal + openai()": run("calls-shoal"),
      "openai SDK + p-limit": run("calls-sdk"),
      "fetch + p-limit": run("calls-fetch"),
    });
    const ideal = n / concurrency * ms;
    const sdk = found["openai SDK + p-limit"];
    tables.push({
      title: `${count(n)} calls of ${ms} ms, ${count(concurrency)} at a time (ideal ${
        ideal / 1000
      } s)`,
      rows: Object.entries(found).map(([client, m]) => ({
        client,
        "wall s": seconds(m),
        "× ideal": ratio(m?.wallMs, ideal),
        "CPU µs per call": m === undefined ? "–" : round(m.cpuMs * 1000 / n),
        "CPU × SDK": ratio(m?.cpuMs, sdk?.cpuMs),
        "peak MB": m === undefined ? "–" : round(m.peakMB),
      })),
    });
  }
  return tables;
}

/** A million scripted calls from a generator. */
async function stream(): Promise<Table[]> {
  const rows = [];
  for (const n of [10_000, 100_000, 1_000_000]) {
    const m = await measure("stream-scripted", { n, concurrency: 1_000 }, 120_000);
    rows.push({
      calls: count(n),
      "wall s": seconds(m),
      "µs per call": m === undefined ? "–" : round(m.wallMs * 1000 / n),
      "heap MB at 10,000": m === undefined ? "–" : m.extra!.earlyMB!.toFixed(1),
      "heap MB at the end": m === undefined ? "–" : m.extra!.lateMB!.toFixed(1),
    });
  }
  return [{ title: "A stream over a generator of scripted calls, 1,000 at a time", rows }];
}

/** HTTP/2 over TLS, where a connection carries 100 requests at a time. */
async function tls(): Promise<Table[]> {
  const [n, ms] = [1_000, 1_000];
  await using server = await startServer(ms, true);
  const options = { n, concurrency: n, url: server.url, caCert: cert };
  const found = await interleaved(times, {
    "shoal, as many connections as needed": () => measure("calls-shoal", options),
    "shoal, one connection": () => measure("calls-shoal", { ...options, connections: 1 }),
    "fetch, one client": () => measure("calls-fetch", options),
  });
  return [{
    title: `TLS with HTTP/2, 100 streams per connection: ${
      count(n)
    } calls of 1 s, all at a time, once warm`,
    rows: Object.entries(found).map(([client, m]) => ({
      client,
      "wall s": m === undefined ? "> 60, stopped" : (m.extra!.warmMs! / 1000).toFixed(2),
      "× ideal": ratio(m?.extra?.warmMs, ms),
    })),
  }];
}

function print({ title, rows, note }: Table): void {
  console.log(`\n${title}`);
  const columns = Object.keys(rows[0]!);
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column])))];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  for (const row of cells) {
    console.log(
      "  " +
        row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join(
          "  ",
        ),
    );
  }
  if (note !== undefined) console.log(`  ${note}`);
}

function count(n: number): string {
  return n.toLocaleString("en");
}

function round(n: number): string {
  return count(Math.round(n));
}

function seconds(m: Measured | undefined): string {
  return m === undefined ? "–" : (m.wallMs / 1000).toFixed(2);
}

function ratio(a: number | undefined, b: number | undefined): string {
  return a === undefined || b === undefined ? "–" : (a / b).toFixed(2);
}
