import { type Simulator, simulator, type SimulatorOptions } from "@shoal/agents/testing";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

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

const isRoot = Deno.build.os !== "windows" && Deno.uid() === 0;
/** Takes from root the capability to ignore file modes. */
const UNPRIVILEGED = ["setpriv", "--bounding-set=-dac_override", "--"];

/** Whether a command can obey file modes: as root that needs `setpriv` of util-linux. */
export async function canObeyFileModes(): Promise<boolean> {
  if (!isRoot) return true;
  const [command, ...args] = UNPRIVILEGED;
  try {
    return (await new Deno.Command(command!, { args: [...args, "true"] }).output()).success;
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
  spawn(args: readonly string[], options?: StartOptions): Deno.ChildProcess;
  shoal(args: readonly string[], options?: StartOptions): Promise<Output>;
}

/** Creates the folder and the server. */
export async function place(
  { command: commandLine, parent, ...options }: PlaceOptions = {},
): Promise<Place> {
  const dir = await Deno.makeTempDir({ prefix: "shoal-cli-", dir: parent });
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
  const spawn = (
    args: readonly string[],
    { stdin, env, all, obeysFileModes }: StartOptions = {},
  ) => {
    const shoal = COMMAND.map((arg) => all && arg === "-P=shoal" ? "-A" : arg);
    const [command, ...words] = [
      ...(obeysFileModes && isRoot ? UNPRIVILEGED : []),
      ...(commandLine ?? ["deno", ...shoal]),
    ];
    const child = new Deno.Command(command!, {
      args: [...words, ...args],
      cwd: dir,
      env: {
        OPENAI_BASE_URL: server.url,
        OPENAI_API_KEY: "sk-secret-of-tests",
        NO_COLOR: "1",
        ...env,
      },
      stdin: stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (stdin !== undefined && stdin !== "open") feed(child, stdin);
    return child;
  };
  return {
    dir,
    server,
    requestCounts,
    path,
    async write(name, text) {
      const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
      await Deno.writeFile(path(name), bytes);
      return path(name);
    },
    read: (name) => Deno.readTextFile(path(name)),
    rows: async (name) => parsed(await Deno.readTextFile(path(name))),
    spawn,
    async shoal(args, options) {
      const { code, stdout, stderr } = await spawn(args, options).output();
      return { code, out: text(stdout), err: text(stderr) };
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

/** The arguments of `deno` that start the command line. */
export const COMMAND = [
  "run",
  "--no-prompt",
  "--quiet",
  "-P=shoal",
  `--config=${join(root, "deno.json")}`,
  join(root, "src/cli/main.ts"),
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

/** Decodes bytes as text. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Resolves when the condition is true. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!await condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function feed(child: Deno.ChildProcess, stdin: string | Uint8Array): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    await writer.write(typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin);
    await writer.close();
  } catch {
    // The command ended before it had read everything.
  }
}
