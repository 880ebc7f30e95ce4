/** Those who call a server under test. */
import type { CallsDone, CallsTask } from "../clients/make_calls.ts";
import type { AllOpen, EventsDone, EventsTask } from "../clients/read_streams.ts";
import type { LeaveDone, LeaveTask } from "../clients/disconnect.ts";
import type { Task } from "../clients/task.ts";
import { Child } from "./script_process.ts";

/** Callers that wait for what to do. They end when they are disposed. */
export class Callers implements AsyncDisposable {
  readonly #child = new Child("../clients/main.ts", {});

  /** Makes calls, all alike. */
  async calls(task: CallsTask): Promise<CallsDone> {
    return await this.#ask({ kind: "calls", task });
  }

  /** Reads streams, all at once; `onOpen` is called when each has its first delta. */
  async events(task: EventsTask, onOpen?: (all: AllOpen) => void): Promise<EventsDone> {
    const all = await this.#ask<AllOpen>({ kind: "events", task });
    onOpen?.(all);
    return await this.#next();
  }

  /** Calls, and leaves in the middle. */
  async leave(task: LeaveTask): Promise<LeaveDone> {
    return await this.#ask({ kind: "leave", task });
  }

  async #ask<T>(task: Task): Promise<T> {
    await this.#child.say(JSON.stringify(task));
    return await this.#next();
  }

  async #next<T>(): Promise<T> {
    const line = await this.#child.next();
    if (line !== undefined) return JSON.parse(line);
    throw new Error(`the callers failed: ${(await this.#child.ended()).stderr}`);
  }

  /** Lets them end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}
