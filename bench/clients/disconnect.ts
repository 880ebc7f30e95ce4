import { runLanes } from "../measure/case.ts";
import type { Target } from "./target.ts";

/** Clients that leave in the middle: they break their connection off. */
export interface DisconnectTask extends Target {
  /** How many clients. */
  readonly clients: number;
  /** So many at a time. */
  readonly concurrency: number;
  /** Shall it wait for the first delta before it leaves? */
  readonly streamed: boolean;
  /** Between so many milliseconds and twice as many after that, or after the request, it leaves. */
  readonly afterMs: number;
}

/** What came of them. */
export interface DisconnectResult {
  /** Clients that left before their answer was over. */
  readonly disconnected: number;
  /** Clients that had no chance to. */
  readonly failed: number;
}

/** What stands in the first delta of a stream. */
const FIRST = "event: delta";

/** Calls, and leaves. Over raw sockets: nothing of a client's own keeps, reuses or politely ends the connection. */
export async function disconnect(
  { url, headers, body, clients, concurrency, streamed, afterMs: after }: DisconnectTask,
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
  let left = 0;
  const client = async (): Promise<void> => {
    using connection = await Deno.connect({ hostname, port: Number(port) });
    await writeAll(connection, request);
    if (streamed && !await readUntil(connection, FIRST)) return;
    await new Promise((resolve) => setTimeout(resolve, after * (1 + Math.random())));
    left++;
  };
  let errors = 0;
  const failed = (error: unknown): void => {
    // Whoever runs it by hand sees why.
    if (errors++ === 0) console.error(error);
  };
  await runLanes({ n: clients, concurrency }, () => client().catch(failed));
  return { disconnected: left, failed: clients - left };
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Reads until the text was there; false if the answer is over before. */
async function readUntil(connection: Deno.Conn, text: string): Promise<boolean> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(4_096);
  let read = "";
  while (!read.includes(text)) {
    const n = await connection.read(buffer);
    if (n === null) return false;
    read += decoder.decode(buffer.subarray(0, n), { stream: true });
  }
  return true;
}
