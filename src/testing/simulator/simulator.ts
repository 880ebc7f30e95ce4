/**
 * A model server to test against: it speaks the OpenAI protocol on a loopback port, and is as slow, as strict and as
 * faulty as it is told to be.
 */
import { checkChange, checkStart } from "./check_simulator.ts";
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
  /** The figures at this moment, as a copy. */
  readonly stats: SimulatorStats;
  /** Sets the figures back to 0; what is in flight stays counted as in flight. */
  resetStats(): void;
  /**
   * Changes the behaviour for the requests to come. Options that are not named stay as they are; one that is
   * `undefined` goes back to its default. New limits start with full buckets, a new script at its beginning.
   *
   * @throws {TypeError} If an option is unknown, of the wrong type, or fixed at the start (`port`, `tls`).
   * @throws {RangeError} If a number is out of range.
   */
  configure(options: SimulatorBehaviour): void;
  /** Breaks every connection off and resolves when nothing is left. Calling it again does no harm. */
  close(): Promise<void>;
}

/**
 * Starts a simulator on 127.0.0.1. Serves `POST /v1/chat/completions` and `POST /v1/responses` (plain and streamed, with
 * tools and response formats; nothing is stored), `GET /v1/models`, and files of requests (`/v1/files`, `/v1/batches`). Needs Deno, and the permission `net` for 127.0.0.1.
 *
 * @example
 * ```ts
 * import { simulator } from "@shoal/agents/testing";
 *
 * await using sim = simulator({ latency: { min: 1, max: 5 }, script: ["429", "ok"] });
 *
 * const ask = () =>
 *   fetch(`${sim.url}/chat/completions`, {
 *     method: "POST",
 *     body: JSON.stringify({
 *       model: "gpt-5-mini",
 *       messages: [
 *         { role: "system", content: "Label the sentiment as positive, negative or neutral." },
 *         { role: "user", content: "I love this!" },
 *       ],
 *     }),
 *   });
 *
 * const limited = await ask();
 * console.log(limited.status, limited.headers.get("retry-after-ms")); // 429 100
 * await limited.body?.cancel();
 *
 * const { choices } = await (await ask()).json();
 * console.log(choices[0].message.content); // positive
 * ```
 *
 * @param options How it behaves; by default it answers everything, at once.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {RangeError} If a number is out of range.
 * @throws {Deno.errors.AddrInUse} If the port is taken.
 */
export function simulator(options: SimulatorOptions = {}): Simulator {
  checkStart(options);
  const { port: wanted = 0, tls, maxConcurrentStreams = 100, ...behaviour } = options;
  const engine = new Engine(behaviour);
  const listener = new Listener(engine, wanted, tls, maxConcurrentStreams);
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
      checkChange(changes);
      engine.configure(changes);
      if (!engine.keepAlive) listener.closeIdle();
    },
    close: () => listener.close(),
    [Symbol.asyncDispose]: () => listener.close(),
  };
}
