/** Runs commands with a time limit. */

/** The output of a command. */
export interface Output {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly out: string;
  readonly err: string;
}

/** Options of a command. */
export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** The time limit in milliseconds. @default {180_000} */
  readonly timeout?: number;
}

/** A command that runs. It is killed when it is disposed. */
export interface Running extends AsyncDisposable {
  /** What it has written until now, to both outputs. */
  output(): string;
  /** Returns the first match of what it writes. Throws if the command ends before. */
  waitFor(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Sends it a signal, and returns its output. */
  end(signal: Deno.Signal): Promise<Output>;
  /** Settles when it ends, or is killed at the time limit. */
  readonly ended: Promise<Output>;
}

/** Starts a command. */
export function start(command: readonly string[], options: CommandOptions = {}): Running {
  const [path, ...args] = command;
  const child = new Deno.Command(path!, {
    args,
    cwd: options.cwd,
    env: { NO_COLOR: "1", ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let [out, err, isOver] = ["", "", false];
  let onText = () => {};
  const read = async (stream: ReadableStream<Uint8Array>, add: (text: string) => void) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      add(text);
      onText();
    }
  };
  const timer = setTimeout(() => {
    err += "\n(the time limit of the test is over)";
    child.kill("SIGKILL");
  }, options.timeout ?? 180_000);
  const ended = Promise.all([
    child.status,
    read(child.stdout, (text) => out += text),
    read(child.stderr, (text) => err += text),
  ]).then(([{ code, signal }]) => {
    clearTimeout(timer);
    isOver = true;
    onText();
    return { code, signal, out, err };
  });
  const end = (signal: Deno.Signal) => {
    if (!isOver) child.kill(signal);
    return ended;
  };
  return {
    output: () => out + err,
    ended,
    end,
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        onText = () => {
          const match = (out + err).match(pattern);
          if (match !== null) resolve(match);
          else if (isOver) reject(new Error(`${command.join(" ")} has ended:\n${out}${err}`));
        };
        onText();
      }),
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
    },
  };
}

/** Runs a command to its end. */
export function run(command: readonly string[], options?: CommandOptions): Promise<Output> {
  return start(command, options).ended;
}

/** Runs a command, and throws if it fails. */
export async function mustRun(
  command: readonly string[],
  options?: CommandOptions,
): Promise<Output> {
  const output = await run(command, options);
  if (output.code === 0) return output;
  throw new Error(`${command.join(" ")} exited with ${output.code}:\n${output.out}${output.err}`);
}
