/** The other runtimes that tests run programs on. */
import { delay } from "@std/async/delay";

/** Another runtime. */
export interface OtherRuntime {
  /** Its name, for the titles of tests. */
  readonly name: string;
  /** The path of its executable. Absent if its variable is not set. */
  readonly path?: string;
}

/** Node 22, Node 24 and Bun. Tests of missing ones are ignored, and their titles say so. */
export const OTHER_RUNTIMES: readonly OtherRuntime[] = [
  runtime("Node 22", "SHOAL_NODE_22"),
  runtime("Node 24", "SHOAL_NODE"),
  runtime("Bun", "SHOAL_BUN"),
];

function runtime(name: string, variable: string): OtherRuntime {
  const path = Deno.env.get(variable);
  return path ? { name, path } : { name: `${name} (not found: set ${variable} to its path)` };
}

/** How a program ended. */
export interface ProgramEnd {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running program. */
export interface Program {
  /** Resolves when the program has ended. */
  readonly end: Promise<ProgramEnd>;
  /** Kills the program, with SIGKILL. */
  kill(): void;
}

/** Options of {@linkcode startProgram}. */
export interface ProgramOptions {
  /** The folder of the program. */
  readonly cwd: string;
  /** Flags of the runtime, the file of the program, and its arguments. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The time after which a program is killed, in milliseconds. */
const LIMIT_MS = 60_000;

/** Starts a program on a runtime. It is killed if it does not end by itself within a minute. */
export function startProgram({ path }: OtherRuntime, options: ProgramOptions): Program {
  const { cwd, args, env } = options;
  const child = new Deno.Command(path!, {
    args: [...args],
    cwd,
    env: { ...env, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const limit = new AbortController();
  delay(LIMIT_MS, { signal: limit.signal }).then(() => child.kill("SIGKILL"), () => {});
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const end = child.output().then(({ code, signal, stdout, stderr }) => {
    limit.abort();
    return { code, signal, stdout: decode(stdout), stderr: decode(stderr) };
  });
  const kill = (): void => {
    // It may have ended by itself.
    if (!limit.signal.aborted) child.kill("SIGKILL");
  };
  return { end, kill };
}

/** Runs a program that must succeed, and returns the JSON that it prints last. */
// deno-lint-ignore no-explicit-any
export async function runProgram(runtime: OtherRuntime, options: ProgramOptions): Promise<any> {
  const { code, signal, stdout, stderr } = await startProgram(runtime, options).end;
  const last = stdout.trim().split("\n").at(-1)!;
  if (code !== 0 || last === "") {
    throw new Error(`${runtime.name} ended with ${signal ?? code}: ${stdout}${stderr}`);
  }
  return JSON.parse(last);
}
