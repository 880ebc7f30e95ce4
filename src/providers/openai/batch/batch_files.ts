/** Requests in files, and the answers of each. */
import { delay } from "@std/async/delay";
import { APIError, type OpenAI } from "openai";
import { ProviderError } from "../../../model/errors.ts";
import {
  type BatchAnswer,
  type BatchChange,
  type BatchFilesOptions,
  ENDPOINT,
  type Kept,
} from "./batch_parts.ts";

interface Waiting {
  readonly resolve: (answer: BatchAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** Files are at most so long at OpenAI, in bytes; some room is left. */
const MOST_BYTES = 150_000_000;
const ENDED: ReadonlySet<string> = new Set(["completed", "failed", "expired", "cancelled"]);

/** Collects requests into files, sends them as batches, and gives out the answers. */
export class BatchFiles {
  readonly #sdk: OpenAI;
  readonly #options: BatchFilesOptions;
  readonly #waiting = new Map<string, Waiting>();
  readonly #batchOf = new Map<string, Kept>();
  /** What is to be sent, by model: a file may be for one only. */
  readonly #queues = new Map<string, { lines: Map<string, string>; bytes: number }>();
  readonly #abort = new AbortController();
  readonly #running = new Set<Promise<void>>();
  /** Files of an earlier process. */
  readonly #loaded = new Set<string>();
  #loading: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(sdk: OpenAI, options: BatchFilesOptions) {
    this.#sdk = sdk;
    this.#options = options;
  }

  /** The answer to a request: of a batch that it was sent in before, or of the next one. */
  async ask(model: string, id: string, line: string): Promise<BatchAnswer> {
    await (this.#loading ??= this.#load());
    this.#abort.signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<BatchAnswer>();
    this.#waiting.set(id, { resolve, reject });
    const kept = this.#batchOf.get(id);
    if (kept === undefined) this.#enqueue(model, id, line);
    else if (kept.answers !== undefined || kept.failed !== undefined) this.#tell(kept, id);
    else this.#follow(kept);
    return await promise;
  }

  /** Nobody waits for this answer any more. */
  leave(id: string): void {
    this.#waiting.delete(id);
    for (const { lines } of this.#queues.values()) lines.delete(id);
  }

  /** Asks the server nothing more. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const reason = new DOMException("The provider was disposed", "AbortError");
    this.#abort.abort(reason);
    for (const { reject } of this.#waiting.values()) reject(reason);
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #load(): Promise<void> {
    for (const text of await this.#options.store?.load() ?? []) {
      const kept: Kept = JSON.parse(text);
      this.#loaded.add(kept.file);
      for (const id of kept.ids) this.#batchOf.set(id, kept);
    }
  }

  #enqueue(model: string, id: string, line: string): void {
    const queue = this.#queues.get(model) ?? { lines: new Map(), bytes: 0 };
    this.#queues.set(model, queue);
    queue.lines.set(id, line);
    queue.bytes += line.length;
    const { size, fill } = this.#options;
    clearTimeout(this.#timer);
    if (queue.lines.size >= size || queue.bytes >= MOST_BYTES) this.#flush(model);
    if (this.#queues.size === 0) return;
    this.#timer = setTimeout(() => {
      for (const model of [...this.#queues.keys()]) this.#flush(model);
    }, fill);
  }

  #flush(model: string): void {
    const { lines } = this.#queues.get(model)!;
    this.#queues.delete(model);
    if (lines.size > 0) this.#run(this.#send(lines));
  }

  /** Sends a file. It is remembered before the batch begins: what is paid must be found again. */
  async #send(lines: ReadonlyMap<string, string>): Promise<void> {
    const ids = [...lines.keys()];
    const { signal } = this.#abort;
    try {
      const text = [...lines.values()].join("\n") + "\n";
      const file = await this.#sdk.files.create({
        file: new File([text], "shoal.jsonl", { type: "application/jsonl" }),
        purpose: "batch",
      }, { signal });
      const kept: Kept = { file: file.id, ids };
      await this.#save(kept);
      for (const id of ids) this.#batchOf.set(id, kept);
      this.#follow(kept);
    } catch (thrown) {
      this.#refuse(ids, thrown);
    }
  }

  #follow(kept: Kept): void {
    kept.following ??= this.#run(
      this.#toItsEnd(kept).catch((thrown) => {
        kept.failed = this.#options.errorOf(thrown);
      }).then(() => {
        for (const id of kept.ids) this.#tell(kept, id);
      }),
    );
  }

  async #toItsEnd(kept: Kept): Promise<void> {
    const { signal } = this.#abort;
    if (kept.batch === undefined) {
      kept.batch = await this.#begun(kept) ?? await this.#begin(kept);
      await this.#save(kept);
    }
    let status = "";
    for (;;) {
      const batch = await this.#look(kept.batch);
      if (batch !== undefined && batch.status !== status) {
        status = batch.status;
        this.#changed({ batch: kept.batch, status, requests: kept.ids.length });
      }
      if (batch !== undefined && ENDED.has(batch.status)) {
        if (batch.status === "failed") throw refused(batch.errors?.data?.[0]?.code);
        const answers = new Map<string, BatchAnswer>();
        await this.#read(batch.output_file_id, answers);
        await this.#read(batch.error_file_id, answers);
        kept.answers = answers;
        return;
      }
      await delay(this.#options.poll, { signal });
    }
  }

  /** A process may have been killed after a batch began and before that was remembered. */
  async #begun({ file }: Kept): Promise<string | undefined> {
    const { signal } = this.#abort;
    if (!this.#loaded.has(file)) return undefined;
    for await (const { id, input_file_id } of this.#sdk.batches.list({ limit: 100 }, { signal })) {
      if (input_file_id === file) return id;
    }
    return undefined;
  }

  async #begin({ file }: Kept): Promise<string> {
    const { id } = await this.#sdk.batches.create({
      input_file_id: file,
      endpoint: ENDPOINT,
      completion_window: "24h",
    }, { signal: this.#abort.signal });
    return id;
  }

  /** How far a batch is; `undefined` if the server does not say at the moment: a day is long. */
  async #look(batch: string): Promise<OpenAI.Batch | undefined> {
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

  /** Reads a file of answers. */
  async #read(file: string | undefined | null, answers: Map<string, BatchAnswer>): Promise<void> {
    if (!file) return;
    const response = await this.#sdk.files.content(file, { signal: this.#abort.signal });
    for (const line of (await response.text()).split("\n")) {
      if (line.trim() === "") continue;
      const answer: BatchAnswer = JSON.parse(line);
      answers.set(answer.custom_id, answer);
    }
  }

  #tell(kept: Kept, id: string): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    if (kept.failed !== undefined) return waiting.reject(kept.failed);
    waiting.resolve(kept.answers?.get(id) ?? { custom_id: id });
    // An answer is given once: what is kept are those that nobody has asked for.
    kept.answers?.delete(id);
  }

  #refuse(ids: readonly string[], thrown: unknown): void {
    const error = this.#options.errorOf(thrown);
    for (const id of ids) {
      this.#waiting.get(id)?.reject(error);
      this.#waiting.delete(id);
    }
  }

  async #save({ file, batch, ids }: Kept): Promise<void> {
    await this.#options.store?.save(file, JSON.stringify({ file, batch, ids }));
  }

  #changed(change: BatchChange): void {
    try {
      this.#options.onChange?.(change);
    } catch {
      // It is told for information only.
    }
  }

  #run(work: Promise<void>): Promise<void> {
    this.#running.add(work);
    return work.finally(() => this.#running.delete(work));
  }
}

function refused(code: string | undefined): ProviderError {
  return new ProviderError(`its batch was refused: ${code ?? "no reason told"}`, {
    code: "provider",
    retryable: false,
  });
}
