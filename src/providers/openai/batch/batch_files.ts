import { delay } from "@std/async/delay";
import { APIError, type OpenAI } from "openai";
import { ProviderError } from "../../../model/errors.ts";
import {
  type BatchChange,
  type BatchFilesOptions,
  type BatchRecord,
  type BatchResponse,
  ENDPOINT,
} from "./batch_parts.ts";

interface Waiter {
  readonly resolve: (response: BatchResponse) => void;
  readonly reject: (error: unknown) => void;
}

/** The maximum size of a file, in bytes, somewhat below OpenAI's limit. */
const MAX_FILE_BYTES = 150_000_000;
const FINAL_STATUSES: ReadonlySet<string> = new Set([
  "completed",
  "failed",
  "expired",
  "cancelled",
]);

/** Collects requests into files, sends the files as batches, and distributes the responses. */
export class BatchFiles {
  readonly #sdk: OpenAI;
  readonly #options: BatchFilesOptions;
  readonly #waiters = new Map<string, Waiter>();
  readonly #batchById = new Map<string, BatchRecord>();
  /** The requests to send, by model: OpenAI accepts only one model per file. */
  readonly #queues = new Map<string, { lines: Map<string, string>; bytes: number }>();
  readonly #abort = new AbortController();
  readonly #running = new Set<Promise<void>>();
  /** The input files of earlier processes. */
  readonly #loadedFiles = new Set<string>();
  #loading: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(sdk: OpenAI, options: BatchFilesOptions) {
    this.#sdk = sdk;
    this.#options = options;
  }

  /**
   * Waits for the response to a request: of the stored batch that contains it, or of the next one.
   */
  async submit(model: string, id: string, line: string): Promise<BatchResponse> {
    await (this.#loading ??= this.#load());
    this.#abort.signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<BatchResponse>();
    this.#waiters.set(id, { resolve, reject });
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
    for (const { lines } of this.#queues.values()) lines.delete(id);
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
    const queue = this.#queues.get(model) ?? { lines: new Map(), bytes: 0 };
    this.#queues.set(model, queue);
    queue.lines.set(id, line);
    queue.bytes += line.length;
    const { size, fill } = this.#options;
    clearTimeout(this.#timer);
    if (queue.lines.size >= size || queue.bytes >= MAX_FILE_BYTES) this.#flush(model);
    if (this.#queues.size === 0) return;
    this.#timer = setTimeout(() => {
      for (const model of [...this.#queues.keys()]) this.#flush(model);
    }, fill);
  }

  #flush(model: string): void {
    const { lines } = this.#queues.get(model)!;
    this.#queues.delete(model);
    if (lines.size > 0) this.#track(this.#upload(lines));
  }

  /** Uploads a file. It is stored before the batch starts, so that a paid batch is never lost. */
  async #upload(lines: ReadonlyMap<string, string>): Promise<void> {
    const ids = [...lines.keys()];
    const { signal } = this.#abort;
    try {
      const text = [...lines.values()].join("\n") + "\n";
      const file = await this.#sdk.files.create({
        file: new File([text], "shoal.jsonl", { type: "application/jsonl" }),
        purpose: "batch",
      }, { signal });
      const record: BatchRecord = { file: file.id, ids };
      await this.#save(record);
      for (const id of ids) this.#batchById.set(id, record);
      this.#poll(record);
    } catch (thrown) {
      this.#rejectAll(ids, thrown);
    }
  }

  #poll(record: BatchRecord): void {
    record.polling ??= this.#track(
      this.#pollUntilEnd(record).catch((thrown) => {
        record.failure = this.#options.toError(thrown);
      }).then(() => {
        for (const id of record.ids) this.#settle(record, id);
      }),
    );
  }

  async #pollUntilEnd(record: BatchRecord): Promise<void> {
    const { signal } = this.#abort;
    if (record.batch === undefined) {
      record.batch = await this.#findBatch(record) ?? await this.#createBatch(record);
      await this.#save(record);
    }
    let status = "";
    for (;;) {
      const batch = await this.#retrieve(record.batch);
      if (batch !== undefined && batch.status !== status) {
        status = batch.status;
        this.#reportChange({ batch: record.batch, status, requests: record.ids.length });
      }
      if (batch !== undefined && FINAL_STATUSES.has(batch.status)) {
        if (batch.status === "failed") throw batchFailed(batch.errors?.data?.[0]?.code);
        const responses = new Map<string, BatchResponse>();
        await this.#readFile(batch.output_file_id, responses);
        await this.#readFile(batch.error_file_id, responses);
        record.responses = responses;
        return;
      }
      await delay(this.#options.poll, { signal });
    }
  }

  /** Finds a batch that was created but not stored, as the process was killed in between. */
  async #findBatch({ file }: BatchRecord): Promise<string | undefined> {
    const { signal } = this.#abort;
    if (!this.#loadedFiles.has(file)) return undefined;
    for await (const { id, input_file_id } of this.#sdk.batches.list({ limit: 100 }, { signal })) {
      if (input_file_id === file) return id;
    }
    return undefined;
  }

  async #createBatch({ file }: BatchRecord): Promise<string> {
    const { id } = await this.#sdk.batches.create({
      input_file_id: file,
      endpoint: ENDPOINT,
      completion_window: "24h",
    }, { signal: this.#abort.signal });
    return id;
  }

  /** Retrieves a batch, or returns `undefined` if the server fails temporarily. */
  async #retrieve(batch: string): Promise<OpenAI.Batch | undefined> {
    const { signal } = this.#abort;
    try {
      return await this.#sdk.batches.retrieve(batch, { signal });
    } catch (thrown) {
      signal.throwIfAborted();
      const status = thrown instanceof APIError ? thrown.status : undefined;
      if (status === undefined || status >= 500 || [408, 409, 429].includes(status)) {
        return undefined;
      }
      throw thrown;
    }
  }

  /** Reads an output file or error file. */
  async #readFile(
    file: string | undefined | null,
    responses: Map<string, BatchResponse>,
  ): Promise<void> {
    if (!file) return;
    const content = await this.#sdk.files.content(file, { signal: this.#abort.signal });
    for (const line of (await content.text()).split("\n")) {
      if (line.trim() === "") continue;
      const response: BatchResponse = JSON.parse(line);
      responses.set(response.custom_id, response);
    }
  }

  #settle(record: BatchRecord, id: string): void {
    const waiter = this.#waiters.get(id);
    if (waiter === undefined) return;
    this.#waiters.delete(id);
    if (record.failure !== undefined) return waiter.reject(record.failure);
    waiter.resolve(record.responses?.get(id) ?? { custom_id: id });
    // A response is delivered once. The others are kept for later calls.
    record.responses?.delete(id);
  }

  #rejectAll(ids: readonly string[], thrown: unknown): void {
    const error = this.#options.toError(thrown);
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

function batchFailed(code: string | undefined): ProviderError {
  return new ProviderError(`its batch was rejected: ${code ?? "the server gave no reason"}`, {
    code: "provider",
    retryable: false,
  });
}
