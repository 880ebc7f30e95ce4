/** Replays recorded answers: tests with the real forms of a server, without the server. */
import { checkOptions, flag, type RulesFor } from "../../model/check_options.ts";
import { splitUrl } from "./endpoint.ts";
import { RecordingMatcher } from "./match_recording.ts";
import { portNumber, recordingFile } from "./option_rules.ts";
import { readRecordings } from "./read_recordings.ts";
import type { Recording } from "./recording.ts";
import { openReplayServer } from "./replay_server.ts";
import { rejection, replayedResponse } from "./replayed_response.ts";

/** Options of {@linkcode replay}. */
export interface ReplayOptions {
  /** The JSONL file that a `recorder` has written. */
  readonly file: string | URL;
  /**
   * Whether every request must equal a recorded one, which answers it once: any other is answered
   * with 400 and the reason. If not, a request without an equal one is answered by the next
   * recording of the same endpoint, and the last recording is repeated.
   *
   * @default {true}
   */
  readonly strict?: boolean;
  /**
   * Whether answers take as long as they took, chunk by chunk.
   *
   * @default {false}
   */
  readonly timing?: boolean;
  /**
   * The port to listen on, from 0 to 65535; 0 chooses a free one.
   *
   * @default {0}
   */
  readonly port?: number;
}

/** A running replay. Dispose of it, or call {@linkcode Replay.close}, when done. */
export interface Replay extends AsyncDisposable {
  /** The base URL for a client: `http://127.0.0.1:PORT/v1`. The server starts when it is read. */
  readonly url: string;
  /** A `fetch` that answers from the file, for clients that take one. Nothing listens for it. */
  readonly fetch: typeof fetch;
  /** The recordings that have answered no request yet. */
  readonly unused: readonly Recording[];
  /** Why requests were rejected, in order. Empty if every request had a recording. */
  readonly rejected: readonly string[];
  /** Closes every connection and stops listening. May be called again. */
  close(): Promise<void>;
}

const RULES: RulesFor<ReplayOptions> = {
  file: recordingFile,
  strict: flag,
  timing: flag,
  port: portNumber,
};

/**
 * Answers requests from a file that `recorder` has written, byte by byte and with the same borders
 * of chunks. A request is found by its method, its path and its body; headers and the order of the
 * members of JSON do not count. Equal requests get their answers in the recorded order. Where the
 * connection failed, it fails again.
 *
 * Needs the permission to read the file, and to listen on 127.0.0.1 if {@linkcode Replay.url} is
 * used.
 *
 * @example
 * ```ts
 * import { replay } from "@shoal/agents/testing";
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const file = join(await mkdtemp(join(tmpdir(), "models-")), "models.jsonl");
 * await writeFile(file, JSON.stringify({
 *   version: 1,
 *   request: { method: "GET", path: "/models" },
 *   response: { status: 200, headers: {}, chunks: [{ ms: 0, json: { data: [] } }] },
 * }));
 * await using replayed = replay({ file });
 * const response = await replayed.fetch("https://api.openai.com/v1/models");
 * console.log(await response.json()); // { data: [] }
 * ```
 *
 * @throws {TypeError} If an option is invalid, or a line of the file is not a recording.
 */
export function replay(options: ReplayOptions): Replay {
  const doing = "replay";
  checkOptions(doing, options, RULES);
  RULES.file(doing, "file", options?.file);
  const { strict = true, timing = false, port = 0 } = options;
  const recordings = readRecordings(options.file);
  const matcher = new RecordingMatcher(recordings, { strict });
  const rejected: string[] = [];
  const find = (request: Parameters<RecordingMatcher["find"]>[0]) => {
    const found = matcher.find(request);
    if (typeof found === "string") rejected.push(found);
    return found;
  };
  let server: ReturnType<typeof openReplayServer> | undefined;
  let closing: Promise<void> | undefined;
  const close = () => closing ??= server?.close() ?? Promise.resolve();
  return {
    get url() {
      if (closing !== undefined) throw new TypeError("The replay is closed");
      server ??= openReplayServer(find, { timing, port });
      return server.url;
    },
    async fetch(input, init) {
      const request = new Request(input, init);
      const { path } = splitUrl(request.url);
      const found = find({
        method: request.method,
        path,
        body: new Uint8Array(await request.arrayBuffer()),
        type: request.headers.get("content-type") ?? "",
      });
      if (typeof found === "string") return Response.json(rejection(found), { status: 400 });
      return await replayedResponse(found, { timing, signal: request.signal });
    },
    get unused() {
      return matcher.unused;
    },
    rejected,
    close,
    [Symbol.asyncDispose]: close,
  };
}
