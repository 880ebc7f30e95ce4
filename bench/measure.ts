/** Measuring in processes of their own: what one run leaves in the heap must not be counted for the next. */

/** What the operating system says of a run. */
export interface Measured {
  /** Wall time of the work, in milliseconds. */
  readonly wallMs: number;
  /** CPU time of the work, user and system, in milliseconds. */
  readonly cpuMs: number;
  /** The most memory the process had, in MB. */
  readonly peakMB: number;
  /** What else the run tells. */
  readonly extra?: Readonly<Record<string, number>>;
}

/** Runs a case of `bench/cases.ts` in a process of its own; `undefined` if it took longer than allowed. */
export async function measure(
  name: string,
  options: Readonly<Record<string, unknown>>,
  limitMs = 60_000,
): Promise<Measured | undefined> {
  const child = new Deno.Command("deno", {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--v8-flags=--expose-gc",
      "-P=bench",
      new URL("./cases.ts", import.meta.url).pathname,
      name,
      JSON.stringify(options),
    ],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
  const { success, stdout, stderr, signal } = await child.output();
  clearTimeout(timer);
  if (signal === "SIGKILL") return undefined;
  if (!success) throw new Error(`${name} failed: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!);
}

/** Measures several cases in turn, so often, and gives the median run of each by wall time: a machine's moods hit all alike. */
export async function interleaved<K extends string>(
  times: number,
  cases: Readonly<Record<K, () => Promise<Measured | undefined>>>,
): Promise<Record<K, Measured | undefined>> {
  const runs = {} as Record<K, (Measured | undefined)[]>;
  for (let i = 0; i < times; i++) {
    for (const name in cases) {
      // What took too long once is not tried again.
      if (runs[name]?.includes(undefined)) continue;
      (runs[name] ??= []).push(await cases[name]());
    }
  }
  const medians = {} as Record<K, Measured | undefined>;
  for (const name in runs) medians[name] = medianOf(runs[name]);
  return medians;
}

function medianOf(runs: readonly (Measured | undefined)[]): Measured | undefined {
  const done = runs.filter((run) => run !== undefined);
  if (done.length < runs.length) return undefined;
  return {
    wallMs: median(done.map(({ wallMs }) => wallMs)),
    cpuMs: median(done.map(({ cpuMs }) => cpuMs)),
    peakMB: median(done.map(({ peakMB }) => peakMB)),
    extra: done[0]!.extra,
  };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

/** Starts the simulator in a process of its own. */
export async function startServer(
  latency: number,
  tls = false,
): Promise<{ url: string } & AsyncDisposable> {
  const certs = ["localhost.crt.pem", "localhost.key.pem"].map((file) =>
    new URL(`../tests/testing/certs/${file}`, import.meta.url).pathname
  );
  const server = new Deno.Command("deno", {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "-P=bench",
      new URL("./server.ts", import.meta.url).pathname,
      String(latency),
      ...(tls ? certs : []),
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = server.stdout.getReader();
  const { value } = await reader.read();
  return {
    url: new TextDecoder().decode(value).trim(),
    async [Symbol.asyncDispose]() {
      await server.stdin.close();
      await reader.cancel();
      await server.status;
    },
  };
}
