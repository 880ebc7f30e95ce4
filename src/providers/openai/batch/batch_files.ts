import { delay } from "@std/async/delay";
import type { OpenAI } from "openai";
import { BatchApi } from "./batch_api.ts";
import { BatchFileQueue, sizeOf } from "./batch_file_queue.ts";
import {
  batchRejected,
  limitCode,
  limitCodeOf,
  lineTooLarge,
  rejectionDelay,
} from "./batch_rejection.ts";
import type { BatchChange, BatchFilesOptions, BatchRecord, BatchResponse } from "./batch_parts.ts";

interface Waiter {
  readonly model: string;
  readonly line: string;
  readonly resolve: (response: BatchResponse) => void;
  readonly reject: (error: unknown) => void;
}

/** Collects requests into files, sends the files as batches, and distributes the responses. */
export class BatchFiles {
  readonly #api: BatchApi;
  readonly #options: BatchFilesOptions;
  readonly #waiters = new Map<string, Waiter>();
  readonly #batchById = new Map<string, BatchRecord>();
  /** The requests to send, by model: OpenAI accepts only one model per file. */
  readonly #queues = new Map<string, BatchFileQueue>();
  readonly #abort = new AbortController();
  readonly #running = new Set<Promise<void>>();
  /** The number of batches that the server works on. */
  #inProgress = 0;
  /** The input files of earlier processes. */
  readonly #loadedFiles = new Set<string>();
  #loading: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(sdk: OpenAI, options: BatchFilesOptions) {
    this.#api = new BatchApi(sdk, this.#abort.signal);
    this.#options = options;
  }

  /**
   * Waits for the response to a request: of the stored batch that contains it, or of the next one.
   */
  async submit(model: string, id: string, line: string): Promise<BatchResponse> {
    await (this.#loading ??= this.#load());
    this.#abort.signal.throwIfAborted();
    const bytes = sizeOf(line);
    if (bytes > this.#options.maxBytes) throw lineTooLarge(bytes, this.#options.maxBytes);
    const { promise, resolve, reject } = Promise.withResolvers<BatchResponse>();
    this.#waiters.set(id, { model, line, resolve, reject });
    const record = this.#batchById.get(id);
    if (record === undefined) this.#enqueue(model, id, line);
    else if (record.responses !== undefined || record.failure !== undefined) {
      this.#settle(record, id);
    } else this.#poll(record);
    return await promise;
  }

  /** Drops a request whose response is no longer needed. */
  forget(id: string): void {
    this.#waiters.delete(id);
    for (const queue of this.#queues.values()) queue.remove(id);
  }

  /** Aborts all requests to the server and rejects all waiting calls. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const reason = new DOMException("The provider was disposed", "AbortError");
    this.#abort.abort(reason);
    for (const { reject } of this.#waiters.values()) reject(reason);
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #load(): Promise<void> {
    for (const text of await this.#options.store?.load() ?? []) {
      const record: BatchRecord = JSON.parse(text);
      this.#loadedFiles.add(record.file);
      for (const id of record.ids) this.#batchById.set(id, record);
    }
  }

  #enqueue(model: string, id: string, line: string): void {
    if (this.#queues.get(model)?.hasRoomFor(line) === false) this.#flush(model);
    const queue = this.#queues.get(model) ?? new BatchFileQueue(this.#options);
    this.#queues.set(model, queue);
    queue.add(id, line);
    const { fill } = this.#options;
    clearTimeout(this.#timer);
    if (queue.isFull) this.#flush(model);
    if (this.#queues.size === 0) return;
    this.#timer = setTimeout(() => {
      for (const model of [...this.#queues.keys()]) this.#flush(model);
    }, fill);
  }

  #flush(model: string): void {
    const queue = this.#queues.get(model)!;
    this.#queues.delete(model);
    const { ids } = queue;
    if (ids.length > 0) this.#track(this.#upload(ids, queue.content()));
  }

  /** Uploads a file. It is stored before the batch starts, so that a paid batch is never lost. */
  async #upload(ids: readonly string[], content: string[]): Promise<void> {
    try {
      const record: BatchRecord = { file: await this.#api.upload(content), ids };
      await this.#save(record);
      for (const id of ids) this.#batchById.set(id, record);
      this.#poll(record);
    } catch (thrown) {
      this.#rejectAll(ids, this.#options.toError(thrown, content));
    }
  }

  #poll(record: BatchRecord): void {
    record.polling ??= this.#track(
      this.#pollUntilEnd(record).catch((thrown) => {
        const waiting = record.ids.map((id) => this.#waiters.get(id)?.line ?? "");
        record.failure = this.#options.toError(thrown, waiting.filter((line) => line !== ""));
      }).then(() => {
        for (const id of record.ids) this.#settle(record, id);
      }),
    );
  }

  async #pollUntilEnd(record: BatchRecord): Promise<void> {
    for (let rejections = 1;; rejections++) {
      const limit = await this.#runBatch(record);
      if (limit === undefined) return;
      if (rejections > 1 && this.#inProgress === 0 && record.ids.length > 1) {
        return await this.#split(record);
      }
      const { poll } = this.#options;
      const againInMs = rejectionDelay(rejections, poll);
      this.#reportChange({
        batch: record.batch ?? record.file,
        status: limit,
        requests: record.ids.length,
        againInMs,
      });
      // The next process creates it again, too.
      record.batch = undefined;
      await this.#save(record);
      await delay(againInMs, { signal: this.#abort.signal });
    }
  }

  /**
   * Creates the batch of a file and waits for its end.
   *
   * @returns The code of the limit for which the server rejected it, if it did.
   */
  async #runBatch(record: BatchRecord): Promise<string | undefined> {
    try {
      if (record.batch === undefined) {
        // It may have been created and not stored, as the process was killed in between.
        const found = this.#loadedFiles.has(record.file)
          ? await this.#api.find(record.file)
          : undefined;
        record.batch = found ?? await this.#api.create(record.file);
        await this.#save(record);
      }
    } catch (thrown) {
      const code = limitCodeOf(thrown);
      if (code === undefined) throw thrown;
      return code;
    }
    this.#inProgress++;
    try {
      const { batch: id, ids: { length: requests } } = record;
      const batch = await this.#api.waitForEnd(id, this.#options.poll, (status) => {
        this.#reportChange({ batch: id, status, requests });
      });
      return await this.#readBatch(record, batch);
    } finally {
      this.#inProgress--;
    }
  }

  /** Reads the responses of a batch that has ended. */
  async #readBatch(record: BatchRecord, batch: OpenAI.Batch): Promise<string | undefined> {
    if (batch.status === "failed") {
      const code = batch.errors?.data?.[0]?.code;
      const limit = limitCode(code);
      if (limit !== undefined) {
        this.#loadedFiles.delete(record.file);
        return limit;
      }
      await this.#forgetFailed(record, new Map());
      if (this.#enqueueLoaded(record, record.ids)) return undefined;
      throw batchRejected(code);
    }
    const responses = record.responses = await this.#api.readResponses(batch);
    await this.#forgetFailed(record, responses);
    this.#enqueueLoaded(record, record.ids.filter((id) => !responses.has(id)));
    return undefined;
  }

  /** Stores only the requests with a good response, so that the next process sends the others. */
  async #forgetFailed(
    record: BatchRecord,
    responses: ReadonlyMap<string, BatchResponse>,
  ): Promise<void> {
    const ids = record.ids.filter((id) => responses.get(id)?.response?.status_code === 200);
    if (ids.length < record.ids.length) await this.#save({ ...record, ids });
  }

  /**
   * Sends requests in a new file if an earlier process has stored their batch: that batch has
   * failed, and has no response for them.
   */
  #enqueueLoaded({ file }: BatchRecord, ids: readonly string[]): boolean {
    if (!this.#loadedFiles.has(file)) return false;
    for (const id of ids) {
      this.#batchById.delete(id);
      const waiter = this.#waiters.get(id);
      if (waiter !== undefined) this.#enqueue(waiter.model, id, waiter.line);
    }
    return true;
  }

  /** Sends the requests of a file in two files, as it may be too large for the server's limit. */
  async #split(record: BatchRecord): Promise<void> {
    const lines = await this.#api.readLines(record.file);
    const half = Math.ceil(lines.length / 2);
    for (const part of [lines.slice(0, half), lines.slice(half)]) {
      const ids = part.map((line): string => JSON.parse(line).custom_id);
      for (const id of ids) this.#batchById.delete(id);
      this.#track(this.#upload(ids, part.map((line) => line + "\n")));
    }
    await this.#save({ ...record, ids: [] });
    record.ids = [];
  }

  #settle(record: BatchRecord, id: string): void {
    const waiter = this.#waiters.get(id);
    // It may have been sent in another file meanwhile.
    if (waiter === undefined || this.#batchById.get(id) !== record) return;
    this.#waiters.delete(id);
    if (record.failure !== undefined) return waiter.reject(record.failure);
    waiter.resolve(record.responses?.get(id) ?? { custom_id: id });
    // A response is delivered once. The others are kept for later calls.
    record.responses?.delete(id);
  }

  #rejectAll(ids: readonly string[], error: unknown): void {
    for (const id of ids) {
      this.#waiters.get(id)?.reject(error);
      this.#waiters.delete(id);
    }
  }

  async #save({ file, batch, ids }: BatchRecord): Promise<void> {
    await this.#options.store?.save(file, JSON.stringify({ file, batch, ids }));
  }

  #reportChange(change: BatchChange): void {
    try {
      this.#options.onChange?.(change);
    } catch {
      // The callback is informational.
    }
  }

  #track(work: Promise<void>): Promise<void> {
    this.#running.add(work);
    return work.finally(() => this.#running.delete(work));
  }
}
