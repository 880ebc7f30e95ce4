import { type Running, start } from "./command.ts";
import type { Runtime } from "./runtimes.ts";

/** Options of {@linkcode startProgram}. */
export interface ProgramOptions {
  /** The folder of the program. */
  readonly cwd: string;
  /** Flags of the runtime, the file of the program, and its arguments. */
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
}

/** Starts a program on a runtime. It is killed if it does not end by itself within a minute. */
export function startProgram({ path }: Runtime, { cwd, args, env }: ProgramOptions): Running {
  return start([path!, ...args], { cwd, env });
}

/** Runs a program that must succeed, and returns the JSON that it prints last. */
// deno-lint-ignore no-explicit-any
export async function runProgram(runtime: Runtime, options: ProgramOptions): Promise<any> {
  const { code, signal, out, err } = await startProgram(runtime, options).ended;
  const last = out.trim().split("\n").at(-1)!;
  if (code !== 0 || last === "") {
    throw new Error(`${runtime.name} ended with ${signal ?? code}: ${out}${err}`);
  }
  return JSON.parse(last);
}
