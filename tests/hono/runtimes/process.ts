import type { Runtime } from "./runtimes.ts";

/** A service in a process of another runtime. */
export interface ServiceProcess {
  /** The URL at which it listens. */
  readonly url: string;
  /** Ends it with SIGTERM, as platforms do, and returns its exit code. */
  end(): Promise<number>;
  /** Returns everything that it has written. */
  output(): string;
}

/** Starts a service and waits until it prints its URL. */
export async function start(
  { path, name }: Runtime,
  file: string,
  env: Record<string, string>,
): Promise<ServiceProcess & AsyncDisposable> {
  const process = new Deno.Command(path!, {
    args: [file],
    env: { ...env, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const listening = Promise.withResolvers<string>();
  let output = "";
  const read = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      output += text;
      const url = output.match(/http:\/\/(?:127\.0\.0\.1|localhost):(\d+)/);
      if (url !== null) listening.resolve(`http://127.0.0.1:${url[1]}`);
    }
  };
  const over = Promise.all([process.status, read(process.stdout), read(process.stderr)])
    .then(([{ code }]) => {
      listening.reject(new Error(`${name} ended with ${code}: ${output.slice(-2_000)}`));
      return code;
    });
  let ended = false;
  const end = (signal: Deno.Signal): Promise<number> => {
    if (!ended) process.kill(signal);
    ended = true;
    return over;
  };
  const url = await listening.promise;
  return {
    url,
    end: () => end("SIGTERM"),
    output: () => output,
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
    },
  };
}
