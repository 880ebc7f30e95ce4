/**
 * The simulator in a process of its own, so that its CPU time is not counted as the client's.
 * Prints its URL, then obeys the commands that it reads from stdin, and prints its statistics after
 * each: `use-up-limits`, `reset-stats`, `latency MS`, `token-interval MS` and `stats`. Ends when
 * stdin ends.
 */
import { simulator, type SimulatorOptions } from "@shoal/agents/testing";
import { readLines } from "./read_lines.ts";

/** Options of the server: those of the simulator that JSON can hold, and some of the bench. */
export interface ServerOptions extends Pick<SimulatorOptions, "limits" | "chunkSize"> {
  /** Milliseconds until an answer: constant, or log-normal with these percentiles. */
  readonly latency: number | { readonly p50: number; readonly p99: number };
  /**
   * The number of words of an answer.
   *
   * @default The short answer of the simulator
   */
  readonly words?: number;
  /** The text of an answer, if `words` is not set. */
  readonly text?: string;
  /** The maximum number of streams per connection. If set, the server speaks HTTP/2 over TLS. */
  readonly streamsPerConnection?: number;
}

if (import.meta.main) {
  const serverOptions: ServerOptions = JSON.parse(Deno.args[0]!);
  const { streamsPerConnection, latency, words, text: fixedText, ...options } = serverOptions;
  const text = words === undefined ? fixedText : Array(words).fill("word").join(" ");
  const server = simulator({
    latency,
    ...options,
    ...(text !== undefined && { respond: () => text }),
    ...(streamsPerConnection !== undefined && {
      tls: { cert: await readCert("localhost.crt.pem"), key: await readCert("localhost.key.pem") },
      maxConcurrentStreams: streamsPerConnection,
    }),
  });
  console.log(server.url);

  /** Sends requests until the server rejects them: its buckets are then empty, as in a long run. */
  const useUpLimits = async (): Promise<void> => {
    server.configure({ latency: 0 });
    const lane = async (): Promise<void> => {
      for (let status = 0; status !== 429;) {
        const body = JSON.stringify({ model: "bench", messages: [{ role: "user", content: "" }] });
        const response = await fetch(`${server.url}/chat/completions`, { method: "POST", body });
        await response.body?.cancel();
        status = response.status;
      }
    };
    await Promise.all(Array.from({ length: 20 }, lane));
    server.configure({ latency });
    server.resetStats();
  };

  for await (const line of readLines(Deno.stdin.readable)) {
    const [command, value] = line.split(" ");
    if (command === "use-up-limits") await useUpLimits();
    if (command === "reset-stats") server.resetStats();
    if (command === "latency") server.configure({ latency: Number(value) });
    if (command === "token-interval") server.configure({ tokensPerSecond: 1_000 / Number(value) });
    console.log(JSON.stringify(server.stats));
  }
  await server.close();
}

function readCert(file: string): Promise<string> {
  return Deno.readTextFile(new URL(`../../tests/testing/certs/${file}`, import.meta.url));
}
