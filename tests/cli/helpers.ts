import { type Simulator, simulator, type SimulatorOptions } from "@shoal/agents/testing";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readFile, rm, writeFile } from "node:fs/promises";
import process from "node:process";
import { runtime } from "../runtime.ts";
import { spawn, type Spawned } from "../spawn.ts";
import { makeTempFolder } from "../temp_folder.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** The module with the agents of the tests. */
export const AGENTS = join(root, "tests/cli/agents.ts");

/** The output of a command. */
export interface Output {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Options of a command. */
export interface StartOptions {
  /** What is written to it before it is closed; `"open"` leaves that to the test. */
  readonly stdin?: string | Uint8Array;
  readonly env?: Record<string, string>;
  /** Whether the command has all permissions. */
  readonly all?: boolean;
  /** Whether file modes apply even if root runs the tests. */
  readonly obeysFileModes?: boolean;
}

const isRoot = process.getuid?.() === 0;
/** Takes from root the capability to ignore file modes. */
const UNPRIVILEGED = ["setpriv", "--bounding-set=-dac_override", "--"];

/** Whether a command can obey file modes: as root that needs `setpriv` of util-linux. */
export async function canObeyFileModes(): Promise<boolean> {
  if (!isRoot) return true;
  const [command, ...args] = UNPRIVILEGED;
  try {
    return (await spawn(command!, { args: [...args, "true"] }).status).success;
  } catch {
    return false;
  }
}

/** Options of {@linkcode place}. */
export interface PlaceOptions extends SimulatorOptions {
  /** The command line; that of Deno, with the permissions of its task, if absent. */
  readonly command?: readonly string[];
  /** The folder in which the temporary folder is created. */
  readonly parent?: string;
}

/**
 * A temporary folder with a simulated server, in which the command line runs as a child process
 * with the permissions of its task.
 */
export interface Place extends AsyncDisposable {
  readonly dir: string;
  readonly server: Simulator;
  /** The number of requests by their text. */
  readonly requestCounts: ReadonlyMap<string, number>;
  path(name: string): string;
  write(name: string, text: string | Uint8Array): Promise<string>;
  read(name: string): Promise<string>;
  /** Returns the rows of a JSONL file. */
  rows(name: string): Promise<Record<string, unknown>[]>;
  spawn(args: readonly string[], options?: StartOptions): Spawned;
  shoal(args: readonly string[], options?: StartOptions): Promise<Output>;
}

/** Creates the folder and the server. */
export async function place(
  { command: commandLine, parent, ...options }: PlaceOptions = {},
): Promise<Place> {
  const dir = await makeTempFolder("shoal-cli-", parent);
  const requestCounts = new Map<string, number>();
  const { respond } = options;
  const server = simulator({
    ...options,
    respond(request) {
      requestCounts.set(request.text, (requestCounts.get(request.text) ?? 0) + 1);
      return respond?.(request) ?? `said ${request.text}`;
    },
  });
  const path = (name: string) => join(dir, name);
  const startShoal = (
    args: readonly string[],
    { stdin, env, all, obeysFileModes }: StartOptions = {},
  ) => {
    const shoal = COMMAND.map((arg) => all && arg === "-P=shoal" ? "-A" : arg);
    const [command, ...words] = [
      ...(obeysFileModes && isRoot ? UNPRIVILEGED : []),
      ...(commandLine ?? shoal),
    ];
    return spawn(command!, {
      args: [...words, ...args],
      cwd: dir,
      env: {
        OPENAI_BASE_URL: server.url,
        OPENAI_API_KEY: "sk-secret-of-tests",
        NO_COLOR: "1",
        ...env,
      },
      stdin,
    });
  };
  return {
    dir,
    server,
    requestCounts,
    path,
    async write(name, text) {
      const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
      await writeFile(path(name), bytes);
      return path(name);
    },
    read: (name) => readFile(path(name), "utf8"),
    rows: async (name) => parsed(await readFile(path(name), "utf8")),
    spawn: startShoal,
    async shoal(args, options) {
      const { code, stdout, stderr } = await startShoal(args, options).output();
      return { code: code ?? -1, out: text(stdout), err: text(stderr) };
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await rm(dir, { recursive: true });
    },
  };
}

/** The command line, as the command and its first arguments. */
export const COMMAND: readonly string[] = runtime === "deno"
  ? [
    "deno",
    "run",
    "--no-prompt",
    "--quiet",
    "-P=shoal",
    `--config=${join(root, "deno.json")}`,
    join(root, "src/cli/main.ts"),
  ]
  : [
    process.execPath,
    ...(runtime === "node" ? ["--disable-warning=ExperimentalWarning"] : []),
    join(root, "tests/cli/shoal.ts"),
  ];

/** Returns this many rows as JSONL: `{ "id": 0, "input": "row 0" }` and so on. */
export function rowsOf(count: number): string {
  return Array.from({ length: count }, (_, id) => JSON.stringify({ id, input: `row ${id}` }) + "\n")
    .join("");
}

/** Parses JSONL. */
export function parsed(text: string): Record<string, unknown>[] {
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** Returns the commands that `shoal init` has printed: the indented lines. */
export function printedCommands(out: string): readonly string[] {
  return [...out.matchAll(/^ {2}(\S.*)$/gm)].map(([, line]) => line!);
}

/** Decodes bytes as text. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Resolves when the condition is true. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!await condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
