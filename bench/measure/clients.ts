/** Those who call a server under test. */
import type { CallsResult, CallsTask } from "../clients/make_calls.ts";
import type { AllOpen, StreamsResult, StreamsTask } from "../clients/read_streams.ts";
import type { DisconnectResult, DisconnectTask } from "../clients/disconnect.ts";
import type { Task } from "../clients/task.ts";
import { ScriptProcess } from "./script_process.ts";

/** Callers that wait for what to do. They end when they are disposed. */
export class Clients implements AsyncDisposable {
  readonly #child = new ScriptProcess("../clients/main.ts", {});

  /** Makes calls, all alike. */
  async makeCalls(task: CallsTask): Promise<CallsResult> {
    return await this.#ask({ kind: "calls", task });
  }

  /** Reads streams, all at once; `onOpen` is called when each has its first delta. */
  async readStreams(task: StreamsTask, onOpen?: (all: AllOpen) => void): Promise<StreamsResult> {
    const all = await this.#ask<AllOpen>({ kind: "events", task });
    onOpen?.(all);
    return await this.#next();
  }

  /** Calls, and leaves in the middle. */
  async disconnect(task: DisconnectTask): Promise<DisconnectResult> {
    return await this.#ask({ kind: "leave", task });
  }

  async #ask<T>(task: Task): Promise<T> {
    await this.#child.sendLine(JSON.stringify(task));
    return await this.#next();
  }

  async #next<T>(): Promise<T> {
    const line = await this.#child.nextLine();
    if (line !== undefined) return JSON.parse(line);
    throw new Error(`the callers failed: ${(await this.#child.exit()).stderr}`);
  }

  /** Lets them end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}
