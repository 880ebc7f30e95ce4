/** Child processes of the tests: a module or some code on the runtime that runs the tests. */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { text } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { runtime } from "./runtime.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** The lock file with the packages of tests. */
const DEV_LOCK = fileURLToPath(new URL("../dev.lock", import.meta.url));

/** What to run, and how. */
export interface ChildOptions {
  /** The arguments of the module. */
  readonly args?: readonly string[];
  /** The permissions on Deno. Other runtimes allow everything. */
  readonly permissions?: readonly string[];
  /** Variables that are added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** The working folder; the root by default. */
  readonly cwd?: string;
}

/** The end of a child. */
export interface Output {
  readonly success: boolean;
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A child process. Disposal kills it. */
export interface Child extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Resolves when it has ended. */
  readonly output: Promise<Output>;
  /** Resolves with the first line that it prints, or with all that it printed if it ends. */
  readonly firstLine: Promise<string>;
  /** Whether it is still running. */
  readonly alive: boolean;
  /** Kills it and waits until it has ended. */
  kill(): Promise<Output>;
}

/** Runs a module of the tests. */
export function startModule(url: URL, options: ChildOptions = {}): Child {
  return start([fileURLToPath(url), ...options.args ?? []], options);
}

/** Runs code, which may import what tests import, except relative paths. */
export function startCode(code: string, options: ChildOptions = {}): Child {
  return start(["-", ...options.args ?? []], options, code);
}

function start(
  args: readonly string[],
  { permissions = ["-P=test"], env, cwd = ROOT }: ChildOptions,
  stdin?: string,
): Child {
  const [command, flags] = runtime === "deno"
    ? ["deno", [
      "run",
      `--lock=${DEV_LOCK}`,
      "--quiet",
      "--no-prompt",
      "--no-check",
      ...permissions,
    ]]
    : runtime === "bun"
    ? [process.execPath, ["run"]]
    : [process.execPath, ["--disable-warning=ExperimentalWarning", "--input-type=module"]];
  const used = runtime === "node" && stdin === undefined ? flags.slice(0, -1) : flags;
  const child = spawn(command, [...used, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // It may end before it has read everything.
  child.stdin.on("error", () => {});
  child.stdin.end(stdin ?? "");
  const firstLine = Promise.withResolvers<string>();
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    printed += piece;
    const end = printed.indexOf("\n");
    if (end >= 0) firstLine.resolve(printed.slice(0, end));
  });
  const stderr = text(child.stderr);
  // The process may be reported as closed before all of its output has been read.
  const allPrinted = finished(child.stdout).catch(() => {});
  let alive = true;
  const output = new Promise<Output>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", async (code, signal) => {
      alive = false;
      await allPrinted;
      firstLine.resolve(printed);
      resolve({ success: code === 0, code, signal, stdout: printed, stderr: await stderr });
    });
  });
  const kill = () => {
    if (alive) child.kill("SIGKILL");
    return output;
  };
  return {
    process: child,
    output,
    firstLine: firstLine.promise,
    get alive() {
      return alive;
    },
    kill,
    async [Symbol.asyncDispose]() {
      await kill();
    },
  };
}
