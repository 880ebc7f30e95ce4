/** Runs Workers in miniflare, which has the runtime of Cloudflare Workers. */
import { fileURLToPath } from "node:url";
import { RUNTIMES } from "../../runtimes/runtimes.ts";

/** The newest compatibility date that the tested version of miniflare supports. */
export const NEWEST = "2026-07-30";
/** A date one year earlier. */
export const YEAR_OLD = "2025-07-30";

const miniflare = Deno.env.get("SHOAL_MINIFLARE");
const node = RUNTIMES.find(({ path, isBun }) => path !== undefined && !isBun);

/** Why Workers cannot be run here; `undefined` if they can. */
export const missing = miniflare === undefined
  ? "miniflare not found: set SHOAL_MINIFLARE to its path"
  : node === undefined
  ? "Node not found: set SHOAL_NODE to its path"
  : undefined;

/** How a Worker is run. */
export interface WorkerOptions {
  /** The path of the bundled module. */
  readonly path: string;
  /** The compatibility date. */
  readonly date?: string;
  /** The compatibility flags. */
  readonly flags?: readonly string[];
  /** The variables. */
  readonly bindings?: Readonly<Record<string, string>>;
}

/** A running Worker. */
export interface RunningWorker extends AsyncDisposable {
  /** Its URL, without a slash at the end. */
  readonly url: string;
  /** Returns everything that it has printed. */
  log(): string;
}

/**
 * Starts a Worker.
 *
 * @throws {Error} With what the runtime has printed, if it cannot be started.
 */
export async function startWorker(
  { path, date = NEWEST, flags = ["nodejs_compat"], bindings = {} }: WorkerOptions,
): Promise<RunningWorker> {
  const host = fileURLToPath(new URL("./host.mjs", import.meta.url));
  const process = new Deno.Command(node!.path!, {
    args: [host, JSON.stringify({ miniflare, worker: path, date, flags, bindings })],
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const started = Promise.withResolvers<string>();
  let log = "";
  const read = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      log += text;
      const url = log.match(/^http:\/\/127\.0\.0\.1:\d+/m);
      if (url !== null) started.resolve(url[0]);
    }
  };
  const ended = Promise.all([process.status, read(process.stdout), read(process.stderr)])
    .then(() => started.reject(new Error(log)));
  try {
    const url = await started.promise;
    return {
      url,
      log: () => log,
      async [Symbol.asyncDispose]() {
        await process.stdin.close();
        await ended;
      },
    };
  } catch (error) {
    await process.stdin.close();
    throw error;
  }
}
