import type { HttpExchange } from "../simulator/http/http_exchange.ts";
import { Listener } from "../simulator/http/listener.ts";
import type { ReplayRequest } from "./match_recording.ts";
import { decodeBytes } from "./recorded_bytes.ts";
import type { Recording } from "./recording.ts";
import { NO_BODY, rejection, replayedHeaders } from "./replayed_response.ts";

/** Options of {@linkcode openReplayServer}. */
export interface ReplayServerOptions {
  /** Whether answers take as long as they took. */
  readonly timing: boolean;
  /** The port; 0 chooses a free one. */
  readonly port: number;
}

/**
 * Starts a server on 127.0.0.1 that sends recorded answers. It uses the HTTP of the simulator,
 * which can break a connection before the headers, or within a body.
 */
export function openReplayServer(
  find: (request: ReplayRequest) => Recording | string,
  { timing, port }: ReplayServerOptions,
): { readonly url: string; close(): Promise<void> } {
  const listener = new Listener(
    {
      stats: { connections: 0, peakStreams: 0 },
      handle: (exchange) => answer(exchange, find, timing),
    },
    port,
    undefined,
    1,
  );
  return {
    url: `http://127.0.0.1:${listener.port}/v1`,
    close: () => listener.close(),
  };
}

async function answer(
  exchange: HttpExchange,
  find: (request: ReplayRequest) => Recording | string,
  timing: boolean,
): Promise<void> {
  const { method, path, body, headers } = exchange;
  const found = find({
    method,
    path: path.replace(/^\/v1(?=\/|$)/, ""),
    body: new TextEncoder().encode(body),
    type: headers["content-type"] ?? "",
  });
  exchange.forgetRequest();
  if (typeof found === "string") {
    exchange.writeHead(400, { "content-type": "application/json" });
    return await exchange.write(JSON.stringify(rejection(found)), "end");
  }
  const { response, error, aborted } = found;
  if (response === undefined) return exchange.drop();
  const pause = (ms: number) => timing ? exchange.wait(ms) : !exchange.isOver;
  if (!await pause(response.ms)) return;
  const isWhole = error === undefined && aborted === undefined;
  // A connection that breaks must not be reused.
  if (!isWhole) exchange.keepAlive = false;
  const { status } = response;
  exchange.writeHead(status, replayedHeaders(found), NO_BODY.has(status) ? 0 : undefined);
  for (const chunk of response.chunks) {
    if (!await pause(chunk.ms)) return;
    await exchange.write(decodeBytes(chunk), "more");
  }
  if (!isWhole) {
    await exchange.write("", "more");
    return exchange.drop();
  }
  await exchange.write("", "end");
}
