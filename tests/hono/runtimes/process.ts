import type { Runtime } from "./runtimes.ts";

/** A service that runs as a process of another runtime. */
export interface ServiceProcess {
  /** Where it listens. */
  readonly url: string;
  /** Ends it as a platform does; gives its exit code. */
  end(): Promise<number>;
  /** Everything that it has written. */
  said(): string;
}

/** Starts a service, and waits until it says where it listens. */
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
  const heard = Promise.withResolvers<string>();
  let said = "";
  const listen = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      said += text;
      const url = said.match(/http:\/\/(?:127\.0\.0\.1|localhost):(\d+)/);
      if (url !== null) heard.resolve(`http://127.0.0.1:${url[1]}`);
    }
  };
  const over = Promise.all([process.status, listen(process.stdout), listen(process.stderr)])
    .then(([{ code }]) => {
      heard.reject(new Error(`${name} ended with ${code}: ${said.slice(-2_000)}`));
      return code;
    });
  let ended = false;
  const end = (signal: Deno.Signal): Promise<number> => {
    if (!ended) process.kill(signal);
    ended = true;
    return over;
  };
  const url = await heard.promise;
  return {
    url,
    end: () => end("SIGTERM"),
    said: () => said,
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
    },
  };
}
