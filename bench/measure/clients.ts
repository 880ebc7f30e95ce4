import type { CallsResult, CallsTask } from "../clients/make_calls.ts";
import type { AllOpen, StreamsResult, StreamsTask } from "../clients/read_streams.ts";
import type { DisconnectResult, DisconnectTask } from "../clients/disconnect.ts";
import type { Task } from "../clients/task.ts";
import { ScriptProcess } from "./script_process.ts";

/** Clients of a server under test, in a process of their own, which ends with `dispose`. */
export class Clients implements AsyncDisposable {
  readonly #process = new ScriptProcess("../clients/main.ts", {});

  /** Makes identical calls. */
  async makeCalls(task: CallsTask): Promise<CallsResult> {
    return await this.#run({ kind: "calls", task });
  }

  /** Reads streams, all at once; `onOpen` is called when each has its first delta. */
  async readStreams(task: StreamsTask, onOpen?: (all: AllOpen) => void): Promise<StreamsResult> {
    const all = await this.#run<AllOpen>({ kind: "streams", task });
    onOpen?.(all);
    return await this.#nextResult();
  }

  /** Sends requests and disconnects before they are answered. */
  async disconnect(task: DisconnectTask): Promise<DisconnectResult> {
    return await this.#run({ kind: "disconnect", task });
  }

  async #run<T>(task: Task): Promise<T> {
    await this.#process.sendLine(JSON.stringify(task));
    return await this.#nextResult();
  }

  async #nextResult<T>(): Promise<T> {
    const line = await this.#process.nextLine();
    if (line !== undefined) return JSON.parse(line);
    throw new Error(`the clients failed: ${(await this.#process.exit()).stderr}`);
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}
