import type { SimulatorStats } from "@shoal/agents/testing";
import { ScriptProcess } from "./script_process.ts";
import type { ServerOptions } from "./server_process.ts";
import { fileURLToPath } from "node:url";

/** The path of the certificate of a server over TLS. */
export const CA_CERT = fileURLToPath(
  new URL("../../tests/testing/certs/localhost.crt.pem", import.meta.url),
);

/** A running server. It stops when it is disposed. */
export interface Server extends AsyncDisposable {
  /** The base URL. */
  readonly url: string;
  /** Uses up the limits, then resets the statistics. */
  useUpLimits(): Promise<void>;
  /** Resets the statistics. */
  resetStats(): Promise<void>;
  /** Sets the latency of the answers that follow, in milliseconds. */
  setLatency(ms: number): Promise<void>;
  /** Sets the time between two tokens of a stream, in milliseconds. */
  setTokenInterval(ms: number): Promise<void>;
  /** Returns the statistics since the last reset. */
  stats(): Promise<SimulatorStats>;
}

/** Starts the simulator in a process of its own. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const child = new ScriptProcess("./server_process.ts", { args: [JSON.stringify(options)] });
  const url = await child.nextLine();
  if (url === undefined) throw new Error(`the server failed: ${(await child.exit()).stderr}`);
  const send = async (command: string): Promise<SimulatorStats> => {
    await child.sendLine(command);
    return JSON.parse((await child.nextLine())!);
  };
  return {
    url,
    useUpLimits: async () => void await send("use-up-limits"),
    resetStats: async () => void await send("reset-stats"),
    setLatency: async (ms) => void await send(`latency ${ms}`),
    setTokenInterval: async (ms) => void await send(`token-interval ${ms}`),
    stats: () => send("stats"),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
