/** Records real traffic with model servers, to replay it later or to send it with a bug report. */
import { closeSync, openSync, statSync, writeSync } from "node:fs";
import type { PathLike } from "node:fs";
import { callback, checkOptions, flag, type RulesFor } from "../../model/check_options.ts";
import { portNumber, recordingFile, serverUrl } from "./option_rules.ts";
import { openProxy, type Proxy } from "./proxy.ts";
import type { Recording } from "./recording.ts";
import { recordingFetch } from "./recording_fetch.ts";

/** Options of {@linkcode recorder}. */
export interface RecorderOptions {
  /** The JSONL file to write. */
  readonly file: string | URL;
  /**
   * The base URL of the server to record, such as `https://api.openai.com/v1`. With it the recorder
   * listens on 127.0.0.1 and passes every request on: give {@linkcode Recorder.url} to the client.
   *
   * @default Nothing listens; only {@linkcode Recorder.fetch} records
   */
  readonly baseURL?: string;
  /**
   * The port to listen on, from 0 to 65535; 0 chooses a free one. Requires `baseURL`.
   *
   * @default {0}
   */
  readonly port?: number;
  /**
   * The function that sends the requests.
   *
   * @default The global `fetch`
   */
  readonly fetch?: typeof fetch;
  /**
   * Whether an existing file is replaced.
   *
   * @default {false}
   */
  readonly overwrite?: boolean;
  /**
   * Whether keys, cookies, and the ids of organisations, projects, accounts and users are replaced
   * by asterisks. Prompts and answers are kept. A function is called with each exchange after that,
   * and returns what is written: a changed copy, or `undefined` to leave the exchange out.
   *
   * @default {true}
   */
  readonly redact?: boolean | ((recording: Recording) => Recording | undefined);
}

/** A running recorder. Dispose of it, or call {@linkcode Recorder.close}, when done. */
export interface Recorder extends AsyncDisposable {
  /** The base URL for a client. Requires the option `baseURL`. */
  readonly url: string;
  /** A `fetch` that records what it sends, for clients that take one. */
  readonly fetch: typeof fetch;
  /** The number of exchanges that were written. */
  readonly count: number;
  /**
   * Stops listening, and closes the file. May be called again.
   *
   * @throws What `redact` threw, or why the file could not be written: the first time only.
   */
  close(): Promise<void>;
}

const RULES: RulesFor<RecorderOptions> = {
  file: recordingFile,
  baseURL: serverUrl,
  port: portNumber,
  fetch: callback,
  overwrite: flag,
  redact: (doing, name, value) => {
    if (typeof value !== "function") flag(doing, name, value);
  },
};

/**
 * Records requests and answers byte by byte: a stream with the borders and the times of its chunks.
 * The file has one line of JSON per exchange, which a person can read and {@linkcode replay} can
 * replay.
 *
 * It works with every client: one that takes a base URL is given {@linkcode Recorder.url}, one that
 * takes a `fetch` is given {@linkcode Recorder.fetch}. Needs the permission to write the file, and
 * to listen on 127.0.0.1 if `baseURL` is set.
 *
 * @example
 * ```ts
 * import { defineAgent } from "@shoal/agents";
 * import { openai } from "@shoal/agents/openai";
 * import { recorder, replay, simulator } from "@shoal/agents/testing";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const file = join(await mkdtemp(join(tmpdir(), "greeting-")), "greeting.jsonl");
 * const ask = async (baseURL: string) => {
 *   await using provider = openai({ baseURL });
 *   const Greet = defineAgent({ name: "greet", model: "m", prompt: "Greet {name}", provider });
 *   return (await Greet.call({ name: "Ada" })).content;
 * };
 *
 * await using server = simulator({ respond: () => "Good day, Ada!" }); // or a real one
 * {
 *   await using recording = recorder({ file, baseURL: server.url });
 *   console.log(await ask(recording.url)); // Good day, Ada!
 * }
 * await using replayed = replay({ file });
 * console.log(await ask(replayed.url)); // Good day, Ada!
 * ```
 *
 * @throws {TypeError} If an option is invalid, or the file exists and `overwrite` is not set.
 * @throws {Error} With the code `EADDRINUSE` if the port is taken.
 */
export function recorder(options: RecorderOptions): Recorder {
  const doing = "record";
  checkOptions(doing, options, RULES);
  RULES.file(doing, "file", options?.file);
  const { baseURL, redact = true } = options;
  if (baseURL === undefined && options.port !== undefined) {
    throw new TypeError("Cannot record as port needs baseURL: without it nothing listens");
  }
  let descriptor: number | undefined = openFile(options.file, options.overwrite ?? false);
  let count = 0;
  let failure: { readonly thrown: unknown } | undefined;
  const record = recordingFetch({
    fetch: options.fetch ?? fetch,
    baseURL,
    mask: redact !== false,
    onRecording(recording) {
      // A disk that is full, or a `redact` that throws, must not break the client's answer.
      try {
        const kept = typeof redact === "function" ? redact(recording) : recording;
        if (kept === undefined || descriptor === undefined) return;
        // Written at once, so that a process that is killed loses nothing.
        writeSync(descriptor, `${JSON.stringify(kept)}\n`);
        count++;
      } catch (thrown) {
        failure ??= { thrown };
      }
    },
  });
  let proxy: Proxy | undefined;
  try {
    if (baseURL !== undefined) proxy = openProxy(record, baseURL, options.port ?? 0);
  } catch (thrown) {
    closeSync(descriptor);
    throw thrown;
  }
  const close = async () => {
    await proxy?.close();
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
    if (failure === undefined) return;
    const { thrown } = failure;
    failure = undefined;
    throw thrown;
  };
  return {
    get url() {
      if (proxy !== undefined) return proxy.url;
      throw new TypeError("The recorder has no URL as it was created without baseURL");
    },
    fetch: record,
    get count() {
      return count;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function openFile(file: PathLike, overwrite: boolean): number {
  try {
    return openSync(file, overwrite ? "w" : "wx");
  } catch (cause) {
    if ((cause as { code?: string }).code !== "EEXIST") throw cause;
    // One that a start without any request has left behind.
    if (statSync(file).size === 0) return openSync(file, "w");
    throw new TypeError(
      `Cannot record as the file ${file} exists: choose another, or set overwrite to true`,
      { cause },
    );
  }
}
