import { readLines } from "./read_lines.ts";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../", import.meta.url);

/** Turns off the telemetry of peers: it would be measured, and would leave the machine. */
const ENVIRONMENT = {
  LANGSMITH_TRACING: "false",
  LANGSMITH_TRACING_V2: "false",
  LANGCHAIN_TRACING: "false",
  LANGCHAIN_TRACING_V2: "false",
  MASTRA_TELEMETRY_DISABLED: "1",
  OPENAI_AGENTS_DISABLE_TRACING: "1",
  OTEL_SDK_DISABLED: "true",
  DENO_NO_UPDATE_CHECK: "1",
  NO_COLOR: "1",
};

/** How a process is started. */
export interface ScriptProcessOptions {
  /**
   * The folder of the `deno.json` with the import map of the script.
   *
   * @default The root of the repository
   */
  readonly config?: URL;
  /** The arguments of the script. */
  readonly args?: readonly string[];
}

/** How a process ended. */
export interface ScriptExit {
  readonly success: boolean;
  readonly signal: Deno.Signal | null;
  /** What the process wrote to stderr. */
  readonly stderr: string;
}

/** A script of the bench in a process of its own; both sides exchange lines of text. */
export class ScriptProcess implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncGenerator<string>;
  readonly #stderr: Promise<string>;

  /** Starts `bench/measure/SCRIPT` with the permissions of the bench. */
  constructor(
    script: string,
    { config, args = [] }: ScriptProcessOptions,
  ) {
    this.#process = new Deno.Command("deno", {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--v8-flags=--expose-gc",
        `--config=${fileURLToPath(new URL("deno.json", config ?? ROOT))}`,
        // The packages of the bench itself are in dev.lock.
        ...(config === undefined ? [`--lock=${fileURLToPath(new URL("dev.lock", ROOT))}`] : []),
        "-P=bench",
        fileURLToPath(new URL(script, import.meta.url)),
        ...args,
      ],
      env: ENVIRONMENT,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stdin = this.#process.stdin.getWriter();
    this.#lines = readLines(this.#process.stdout);
    this.#stderr = new Response(this.#process.stderr).text();
  }

  /** Returns the next line of its stdout, or `undefined` at the end. */
  async nextLine(): Promise<string | undefined> {
    const { value } = await this.#lines.next();
    return value || undefined;
  }

  /** Writes a line to its stdin. Ignores errors: `exit` reports why the process ended. */
  async sendLine(line: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  }

  /** Kills the process. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  /** Waits until the process has ended, and returns how. */
  async exit(): Promise<ScriptExit> {
    const { success, signal } = await this.#process.status;
    return { success, signal, stderr: await this.#stderr };
  }

  /** Closes its stdin, upon which it ends, and waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stdin.close().catch(() => {});
    await this.#lines.return(undefined);
    await this.exit();
  }
}
