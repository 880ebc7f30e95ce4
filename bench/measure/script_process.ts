/** A script of the bench in a process of its own, which is spoken to line by line. */
import { readLines } from "./read_lines.ts";

/** Nothing of what peers could tell about themselves is to be measured, or to leave the machine. */
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
   * The folder of the `deno.json` that says where packages come from.
   *
   * @default The root of the repository
   */
  readonly config?: URL;
  /** What the script is told. */
  readonly args?: readonly string[];
}

/** How a process ended. */
export interface ScriptExit {
  readonly success: boolean;
  readonly signal: Deno.Signal | null;
  /** What it wrote to its standard error. */
  readonly stderr: string;
}

/** A process that runs. */
export class ScriptProcess implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncGenerator<string>;
  readonly #stderr: Promise<string>;

  /** Starts `bench/measure/SCRIPT` with the permissions of the bench. */
  constructor(
    script: string,
    { config = new URL("../../", import.meta.url), args = [] }: ScriptProcessOptions,
  ) {
    this.#process = new Deno.Command("deno", {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--v8-flags=--expose-gc",
        `--config=${new URL("deno.json", config).pathname}`,
        "-P=bench",
        new URL(script, import.meta.url).pathname,
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

  /** Its next line; `undefined` if there is none to come. */
  async nextLine(): Promise<string | undefined> {
    const { value } = await this.#lines.next();
    return value || undefined;
  }

  /** Says a line to it. One that has ended does not hear it: its end tells more. */
  async sendLine(line: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  }

  /** Ends it at once. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  /** Waits until it has ended. */
  async exit(): Promise<ScriptExit> {
    const { success, signal } = await this.#process.status;
    return { success, signal, stderr: await this.#stderr };
  }

  /** Lets it end: there is nothing more to hear. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stdin.close().catch(() => {});
    await this.#lines.return(undefined);
    await this.exit();
  }
}
