/** Child processes of the tests with the streams of the web, on every runtime. */
import { spawn as start } from "node:child_process";
import process from "node:process";
import { Readable } from "node:stream";
import { runtime } from "./runtime.ts";

/** What to run, and how. */
export interface SpawnOptions {
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** Variables that are added to the environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What is written to it before it is closed; `"open"` leaves that to the test. */
  readonly stdin?: string | Uint8Array;
}

/** How a process ended. */
export interface Status {
  readonly success: boolean;
  readonly code: number | null;
  readonly signal: string | null;
}

/** A process. Disposal kills it and waits until it has ended. */
export interface Spawned extends AsyncDisposable {
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  readonly status: Promise<Status>;
  /** Writes to the standard input, which must be `"open"`. */
  write(text: string): void;
  /** Closes the standard input. */
  closeStdin(): void;
  /** Reads all output. */
  output(): Promise<Status & { readonly stdout: Uint8Array; readonly stderr: Uint8Array }>;
  /** Sends a signal, if it has not ended. */
  kill(signal?: NodeJS.Signals): void;
}

/** Starts a process. */
export const spawn: (command: string, options?: SpawnOptions) => Spawned = runtime === "deno"
  ? spawnOnDeno
  : spawnOnNode;

/**
 * Starts a process with `Deno.Command`: with `node:child_process`, a process that was sent a signal
 * has no exit code on Deno, even if it handles the signal.
 */
function spawnOnDeno(command: string, options: SpawnOptions = {}): Spawned {
  const { args = [], cwd, env = {}, stdin = "" } = options;
  const all = Object.entries({ ...Deno.env.toObject(), ...env })
    .filter((entry): entry is [string, string] => entry[1] !== undefined);
  const child = new Deno.Command(command, {
    args: [...args],
    cwd,
    clearEnv: true,
    env: Object.fromEntries(all),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // It may end before it has read everything.
  const write = (data: string | Uint8Array) =>
    void writer.write(typeof data === "string" ? new TextEncoder().encode(data) : data)
      .catch(() => {});
  const closeStdin = () => void writer.close().catch(() => {});
  if (stdin !== "open") {
    if (stdin.length > 0) write(stdin);
    closeStdin();
  }
  const { stdout, stderr, status } = child;
  let hasEnded = false;
  const ended = status.finally(() => hasEnded = true);
  const kill = (signal?: NodeJS.Signals) => {
    if (!hasEnded) child.kill(signal as Deno.Signal);
  };
  return {
    stdout,
    stderr,
    status: ended,
    write,
    closeStdin,
    output: () => outputOf(stdout, stderr, ended),
    kill,
    async [Symbol.asyncDispose]() {
      kill("SIGKILL");
      await ended;
    },
  };
}

async function outputOf(
  stdout: ReadableStream<Uint8Array>,
  stderr: ReadableStream<Uint8Array>,
  status: Promise<Status>,
): ReturnType<Spawned["output"]> {
  const [ended, out, err] = await Promise.all([
    status,
    new Response(stdout as ReadableStream<Uint8Array<ArrayBuffer>>).bytes(),
    new Response(stderr as ReadableStream<Uint8Array<ArrayBuffer>>).bytes(),
  ]);
  return { ...ended, stdout: out, stderr: err };
}

function spawnOnNode(command: string, options: SpawnOptions = {}): Spawned {
  const { args = [], cwd, env, stdin = "" } = options;
  const child = start(command, [...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // It may end before it has read everything.
  child.stdin.on("error", () => {});
  if (stdin !== "open") child.stdin.end(stdin);
  const status = new Promise<Status>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve({ success: code === 0, code, signal }));
  });
  const stdout = Readable.toWeb(child.stdout) as ReadableStream<Uint8Array>;
  const stderr = Readable.toWeb(child.stderr) as ReadableStream<Uint8Array>;
  return {
    stdout,
    stderr,
    status,
    write: (text) => void child.stdin.write(text),
    closeStdin: () => void child.stdin.end(),
    output: () => outputOf(stdout, stderr, status),
    kill: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await status;
    },
  };
}
