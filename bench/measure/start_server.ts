/** Servers to ask, each in a process of its own. */
import type { SimulatorStats } from "@shoal/agents/testing";
import { ScriptProcess } from "./script_process.ts";
import type { ServerOptions } from "./server_process.ts";

/** The certificate that a server over TLS shows. */
export const CA_CERT =
  new URL("../../tests/testing/certs/localhost.crt.pem", import.meta.url).pathname;

/** A server that runs. It ends when it is disposed. */
export interface Server extends AsyncDisposable {
  /** Its base URL. */
  readonly url: string;
  /** Uses up its limits, and sets its figures back. */
  useUpLimits(): Promise<void>;
  /** Sets its figures back. */
  resetStats(): Promise<void>;
  /** From now on an answer takes so many milliseconds. */
  setLatency(ms: number): Promise<void>;
  /** From now on it gives a token every so many milliseconds. */
  setTokenInterval(ms: number): Promise<void>;
  /** Its figures until now. */
  stats(): Promise<SimulatorStats>;
}

/** Starts the simulator. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const child = new ScriptProcess("./server_process.ts", { args: [JSON.stringify(options)] });
  const url = await child.nextLine();
  if (url === undefined) throw new Error(`the server failed: ${(await child.exit()).stderr}`);
  const ask = async (command: string): Promise<SimulatorStats> => {
    await child.sendLine(command);
    return JSON.parse((await child.nextLine())!);
  };
  return {
    url,
    useUpLimits: async () => void await ask("empty"),
    resetStats: async () => void await ask("reset"),
    setLatency: async (ms) => void await ask(`latency ${ms}`),
    setTokenInterval: async (ms) => void await ask(`pace ${ms}`),
    stats: () => ask("stats"),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
