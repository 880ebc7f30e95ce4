import { runLanes } from "../measure/case.ts";
import type { Target } from "./target.ts";

/** Clients that disconnect before they have the whole response. */
export interface DisconnectTask extends Target {
  /** The number of clients. */
  readonly clients: number;
  /** The number of clients at a time. */
  readonly concurrency: number;
  /** Whether a client waits for the first delta before it disconnects. */
  readonly streamed: boolean;
  /**
   * Milliseconds from the request, or from the first delta, until a client disconnects. Each client
   * takes a random time between this and twice as much.
   */
  readonly afterMs: number;
}

/** How many clients disconnected. */
export interface DisconnectResult {
  /** Clients that disconnected before the response ended. */
  readonly disconnected: number;
  /** Clients that could not, because of an error or because the response had ended. */
  readonly failed: number;
}

/** The beginning of the first delta of a stream. */
const FIRST_DELTA = "event: delta";

/**
 * Sends requests and disconnects. Uses raw sockets, because an HTTP client might keep, reuse or
 * gracefully close the connection.
 */
export async function disconnect(
  { url, headers, body, clients, concurrency, streamed, afterMs }: DisconnectTask,
): Promise<DisconnectResult> {
  const { hostname, port, host, pathname } = new URL(url);
  const request = new TextEncoder().encode(
    [
      `POST ${pathname} HTTP/1.1`,
      `host: ${host}`,
      `content-length: ${new TextEncoder().encode(body).length}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      "",
      body,
    ].join("\r\n"),
  );
  let disconnected = 0;
  const client = async (): Promise<void> => {
    using connection = await Deno.connect({ hostname, port: Number(port) });
    await writeAll(connection, request);
    if (streamed && !await readUntil(connection, FIRST_DELTA)) return;
    await new Promise((resolve) => setTimeout(resolve, afterMs * (1 + Math.random())));
    disconnected++;
  };
  let errors = 0;
  const logFirstError = (error: unknown): void => {
    if (errors++ === 0) console.error(error);
  };
  await runLanes({ n: clients, concurrency }, () => client().catch(logFirstError));
  return { disconnected, failed: clients - disconnected };
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Reads until the text has arrived. Returns `false` if the response ends before. */
async function readUntil(connection: Deno.Conn, text: string): Promise<boolean> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(4_096);
  let received = "";
  while (!received.includes(text)) {
    const n = await connection.read(buffer);
    if (n === null) return false;
    received += decoder.decode(buffer.subarray(0, n), { stream: true });
  }
  return true;
}
