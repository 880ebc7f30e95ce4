import { connect } from "node:http2";

/**
 * Returns how many requests one HTTP/2 connection to a server carries; `undefined` if the server
 * sets no limit.
 *
 * @throws If the server does not speak HTTP/2, or does not answer in time.
 */
export async function fetchStreamLimit(
  origin: string,
  timeoutMs: number,
): Promise<number | undefined> {
  const session = connect(origin);
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error("no answer")), timeoutMs);
      // The listener stays: an "error" event without a listener would end the process.
      session.on("error", reject);
      session.on("close", () => reject(new Error("the connection was closed")));
      session.on("remoteSettings", ({ maxConcurrentStreams }) => resolve(maxConcurrentStreams));
    });
  } finally {
    clearTimeout(timer);
    // Destroying the session within one of its events crashes Deno 2.9 one time in seven.
    setTimeout(() => session.destroy());
  }
}
