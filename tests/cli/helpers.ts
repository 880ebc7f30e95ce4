import { type Simulator, simulator, type SimulatorOptions } from "@shoal/agents/testing";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** The module with agents. */
export const AGENTS = join(root, "tests/cli/agents.ts");

/** What a command has said. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** How a command is started. */
export interface StartOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Record<string, string>;
  /** With all permissions. */
  readonly all?: boolean;
  /** Bound by the modes of files also where the administrator runs the tests. */
  readonly bound?: boolean;
}

const isRoot = Deno.build.os !== "windows" && Deno.uid() === 0;
/** Takes from root that it may write what nobody may write. */
const UNPRIVILEGED = ["setpriv", "--bounding-set=-dac_override", "--"];

/** Can a command be `bound`? As root that needs `setpriv` of util-linux. */
export async function canBeBound(): Promise<boolean> {
  if (!isRoot) return true;
  const [command, ...args] = UNPRIVILEGED;
  try {
    return (await new Deno.Command(command!, { args: [...args, "true"] }).output()).success;
  } catch {
    return false;
  }
}

/** A folder of its own, a server, and the command line in there as a process of its own, with the permissions of its task. */
export interface Place extends AsyncDisposable {
  readonly dir: string;
  readonly server: Simulator;
  /** How often each text was asked. */
  readonly asked: ReadonlyMap<string, number>;
  path(name: string): string;
  write(name: string, text: string | Uint8Array): Promise<string>;
  read(name: string): Promise<string>;
  /** The rows of a JSONL file. */
  rows(name: string): Promise<Record<string, unknown>[]>;
  spawn(args: readonly string[], options?: StartOptions): Deno.ChildProcess;
  shoal(args: readonly string[], options?: StartOptions): Promise<Said>;
}

/** Makes a place. */
export async function place(options: SimulatorOptions = {}): Promise<Place> {
  const dir = await Deno.makeTempDir({ prefix: "shoal-cli-" });
  const asked = new Map<string, number>();
  const { respond } = options;
  const server = simulator({
    ...options,
    respond(request) {
      asked.set(request.text, (asked.get(request.text) ?? 0) + 1);
      return respond?.(request) ?? `said ${request.text}`;
    },
  });
  const path = (name: string) => join(dir, name);
  const spawn = (args: readonly string[], { stdin, env, all, bound }: StartOptions = {}) => {
    const shoal = COMMAND.map((arg) => all && arg === "-P=shoal" ? "-A" : arg);
    const [command, ...words] = [...(bound && isRoot ? UNPRIVILEGED : []), "deno", ...shoal];
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
    if (stdin !== undefined) feed(child, stdin);
    return child;
  };
  return {
    dir,
    server,
    asked,
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

/** How the command line is started. */
export const COMMAND = [
  "run",
  "--no-prompt",
  "--quiet",
  "-P=shoal",
  `--config=${join(root, "deno.json")}`,
  join(root, "src/cli/main.ts"),
];

/** So many rows, `{ "id": 0, "input": "row 0" }` and so on, as JSONL. */
export function rowsOf(count: number): string {
  return Array.from({ length: count }, (_, id) => JSON.stringify({ id, input: `row ${id}` }) + "\n")
    .join("");
}

/** JSONL as values. */
export function parsed(text: string): Record<string, unknown>[] {
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** Bytes as text. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Resolves when it is so. */
export async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  while (!await is()) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function feed(child: Deno.ChildProcess, stdin: string | Uint8Array): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    await writer.write(typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin);
    await writer.close();
  } catch {
    // It did not want all of it.
  }
}
