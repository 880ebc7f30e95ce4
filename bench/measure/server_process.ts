/**
 * The simulator in a process of its own, so that its work is not counted as the client's. Prints its URL; then it listens: to
 * `empty` it uses up its limits, to `reset` it sets its figures back, to `latency MS` it becomes slower or faster, to `pace MS` it gives a
 * token every so many milliseconds, and always it prints its figures. It lives as long as the one who started it.
 */
import { simulator, type SimulatorOptions } from "@shoal/agents/testing";
import { readLines } from "./read_lines.ts";

/** How the server is to be: options of the simulator that can be written as JSON. */
export interface ServerOptions extends Pick<SimulatorOptions, "limits" | "chunkSize"> {
  /** Milliseconds to an answer: always the same, or log-normal. */
  readonly latency: number | { readonly p50: number; readonly p99: number };
  /** How many words an answer has: a short one if it is not said. */
  readonly words?: number;
  /** What it answers, in the place of words. */
  readonly text?: string;
  /** Shall it speak HTTP/2 over TLS, with so many streams a connection? */
  readonly streamsPerConnection?: number;
}

if (import.meta.main) {
  const { streamsPerConnection: streams, latency, words, text: said, ...options }: ServerOptions = JSON.parse(
    Deno.args[0]!,
  );
  const text = words === undefined ? said : Array(words).fill("word").join(" ");
  const server = simulator({
    latency,
    ...options,
    ...(text !== undefined && { respond: () => text }),
    ...(streams !== undefined && {
      tls: { cert: await read("localhost.crt.pem"), key: await read("localhost.key.pem") },
      maxConcurrentStreams: streams,
    }),
  });
  console.log(server.url);

  /** Asks until the answer is a 429: the buckets are then as empty as in the middle of a long run. */
  const empty = async (): Promise<void> => {
    server.configure({ latency: 0 });
    const lane = async (): Promise<void> => {
      for (let status = 0; status !== 429;) {
        const body = JSON.stringify({ model: "bench", messages: [{ role: "user", content: "" }] });
        const answer = await fetch(`${server.url}/chat/completions`, { method: "POST", body });
        await answer.body?.cancel();
        status = answer.status;
      }
    };
    await Promise.all(Array.from({ length: 20 }, lane));
    server.configure({ latency });
    server.resetStats();
  };

  for await (const line of readLines(Deno.stdin.readable)) {
    const [command, value] = line.split(" ");
    if (command === "empty") await empty();
    if (command === "reset") server.resetStats();
    if (command === "latency") server.configure({ latency: Number(value) });
    if (command === "pace") server.configure({ tokensPerSecond: 1_000 / Number(value) });
    console.log(JSON.stringify(server.stats));
  }
  await server.close();
}

function read(file: string): Promise<string> {
  return Deno.readTextFile(new URL(`../../tests/testing/certs/${file}`, import.meta.url));
}
