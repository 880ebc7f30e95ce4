import { connect } from "node:http2";

/**
 * How many requests one connection to a server carries: it says so when it speaks HTTP/2. `undefined` if it tells no limit.
 *
 * @throws If it does not speak HTTP/2, or says nothing in time.
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
      // It goes on being listened to: an error that nobody hears would end the process.
      session.on("error", reject);
      session.on("close", () => reject(new Error("it was closed")));
      session.on("remoteSettings", ({ maxConcurrentStreams }) => resolve(maxConcurrentStreams));
    });
  } finally {
    clearTimeout(timer);
    // Never while the session tells something: Deno 2.9 crashes one time in seven.
    setTimeout(() => session.destroy());
  }
}
