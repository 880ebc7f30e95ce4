/** A model server for tests: it speaks the OpenAI protocol on a loopback port. */
import { checkBehaviour, checkSimulatorOptions } from "./check_simulator.ts";
import { Engine } from "./engine.ts";
import { Listener } from "./http/listener.ts";
import type { SimulatorBehaviour, SimulatorOptions } from "./simulator_options.ts";
import type { SimulatorStats } from "./stats.ts";

export type {
  SimulatorFault,
  SimulatorFaultDetails,
  SimulatorFaultName,
  SimulatorFaultRates,
} from "./fault_options.ts";
export type {
  SimulatorBehaviour,
  SimulatorLatency,
  SimulatorLimits,
  SimulatorOptions,
} from "./simulator_options.ts";
export type { SimulatorStats } from "./stats.ts";
export type {
  SimulatorAnswer,
  SimulatorMessage,
  SimulatorRequest,
  SimulatorTool,
  SimulatorToolCall,
} from "./request_types.ts";

/** A running simulator. Dispose of it, or call {@linkcode Simulator.close}, when done. */
export interface Simulator extends AsyncDisposable {
  /** The base URL for a client: `http://127.0.0.1:PORT/v1`, or `https://…` with `tls`. */
  readonly url: string;
  /** The port it listens on. */
  readonly port: number;
  /** A copy of the current counts. */
  readonly stats: SimulatorStats;
  /** Resets the counts to 0; requests in flight stay counted as in flight. */
  resetStats(): void;
  /**
   * Changes the behaviour for later requests. Absent options stay as they are; an option that is
   * `undefined` returns to its default. New limits start with full buckets, a new script starts
   * from its first entry.
   *
   * @throws {TypeError} If an option is unknown, has the wrong type, or is fixed at the start
   * (`port`, `tls`).
   * @throws {RangeError} If a number is out of range.
   */
  configure(options: SimulatorBehaviour): void;
  /** Closes every connection and resolves when nothing is left running. May be called again. */
  close(): Promise<void>;
}

/**
 * Starts a simulator on 127.0.0.1: a model server with the latency, the rate limits and the
 * faults that you choose. It serves `POST /v1/chat/completions` and `POST /v1/responses` (plain
 * and streamed, with tools and response formats; nothing is stored), `GET /v1/models`, and
 * batches (`/v1/files`, `/v1/batches`). Deno requires the permission `net` for 127.0.0.1.
 *
 * Without {@linkcode SimulatorBehaviour.respond} its answers are generic: they fit the requested
 * schema, or repeat the beginning of the request.
 *
 * @example
 * ```ts
 * import { simulator } from "@shoal/agents/testing";
 *
 * await using sim = simulator({
 *   latency: { min: 1, max: 5 },
 *   script: ["429", "ok"],
 *   respond: ({ text }) => text.includes("love") ? "positive" : "negative",
 * });
 *
 * const send = () =>
 *   fetch(`${sim.url}/chat/completions`, {
 *     method: "POST",
 *     body: JSON.stringify({
 *       model: "gpt-5-mini",
 *       messages: [
 *         { role: "system", content: "Label the sentiment as positive or negative." },
 *         { role: "user", content: "I love this!" },
 *       ],
 *     }),
 *   });
 *
 * const limited = await send();
 * console.log(limited.status, limited.headers.get("retry-after-ms")); // 429 100
 * await limited.body?.cancel();
 *
 * const { choices } = await (await send()).json();
 * console.log(choices[0].message.content); // positive
 * ```
 *
 * @param options Its behaviour; by default it answers every request at once.
 * @throws {TypeError} If an option is unknown or has the wrong type.
 * @throws {RangeError} If a number is out of range.
 * @throws {Error} With the code `EADDRINUSE` if the port is taken.
 */
export function simulator(options: SimulatorOptions = {}): Simulator {
  checkSimulatorOptions(options);
  const { port: requestedPort = 0, tls, maxConcurrentStreams = 100, ...behaviour } = options;
  const engine = new Engine(behaviour);
  const listener = new Listener(engine, requestedPort, tls, maxConcurrentStreams);
  const { port } = listener;
  return {
    port,
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}/v1`,
    get stats(): SimulatorStats {
      const { byStatus, faults } = engine.stats;
      return { ...engine.stats, byStatus: { ...byStatus }, faults: { ...faults } };
    },
    resetStats: () => engine.resetStats(),
    configure(changes): void {
      checkBehaviour(changes);
      engine.configure(changes);
      if (!engine.keepAlive) listener.closeIdle();
    },
    close: () => listener.close(),
    [Symbol.asyncDispose]: () => listener.close(),
  };
}
