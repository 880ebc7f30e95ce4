/** The requests to the server's files and batches. */
import { delay } from "@std/async/delay";
import { APIError, type OpenAI } from "openai";
import { TooLargeError } from "../../http/bounds/answer_limits.ts";
import { type BatchResponse, ENDPOINT } from "./batch_parts.ts";

/** The statuses of batches that have ended. */
const FINAL_STATUSES: ReadonlySet<string> = new Set([
  "completed",
  "failed",
  "expired",
  "cancelled",
]);

/** Sends the requests to one server until it is aborted. */
export class BatchApi {
  readonly #sdk: OpenAI;
  readonly #signal: AbortSignal;

  constructor(sdk: OpenAI, signal: AbortSignal) {
    this.#sdk = sdk;
    this.#signal = signal;
  }

  /** Uploads an input file, and returns its id. */
  async upload(content: string[]): Promise<string> {
    const { id } = await this.#sdk.files.create({
      file: new File(content, "shoal.jsonl", { type: "application/jsonl" }),
      purpose: "batch",
    }, { signal: this.#signal });
    return id;
  }

  /** Creates a batch of an input file, and returns its id. */
  async create(file: string): Promise<string> {
    const { id } = await this.#sdk.batches.create({
      input_file_id: file,
      endpoint: ENDPOINT,
      completion_window: "24h",
    }, { signal: this.#signal });
    return id;
  }

  /** Finds the latest batch of an input file. */
  async find(file: string): Promise<string | undefined> {
    const batches = this.#sdk.batches.list({ limit: 100 }, { signal: this.#signal });
    for await (const { id, input_file_id } of batches) {
      if (input_file_id === file) return id;
    }
    return undefined;
  }

  /**
   * Retrieves a batch every `poll` milliseconds until it has ended, and returns it. `onStatus` is
   * called with each new status.
   */
  async waitForEnd(
    id: string,
    poll: number,
    onStatus: (status: OpenAI.Batch["status"]) => void,
  ): Promise<OpenAI.Batch> {
    let status = "";
    for (;;) {
      const batch = await this.retrieve(id);
      if (batch !== undefined && batch.status !== status) {
        status = batch.status;
        onStatus(batch.status);
      }
      if (batch !== undefined && FINAL_STATUSES.has(batch.status)) return batch;
      await delay(poll, { signal: this.#signal });
    }
  }

  /** Retrieves a batch, or returns `undefined` if the server fails temporarily. */
  async retrieve(batch: string): Promise<OpenAI.Batch | undefined> {
    const signal = this.#signal;
    try {
      return await this.#sdk.batches.retrieve(batch, { signal });
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof TooLargeError) throw thrown;
      const status = thrown instanceof APIError ? thrown.status : undefined;
      if (status === undefined || status >= 500 || [408, 409, 429].includes(status)) {
        return undefined;
      }
      throw thrown;
    }
  }

  /** Reads the output file and the error file of a batch, by the id of the request. */
  async readResponses(
    { output_file_id, error_file_id }: OpenAI.Batch,
  ): Promise<Map<string, BatchResponse>> {
    const responses = new Map<string, BatchResponse>();
    for (const file of [output_file_id, error_file_id]) {
      if (!file) continue;
      for (const line of await this.readLines(file)) {
        const response: BatchResponse = JSON.parse(line);
        responses.set(response.custom_id, response);
      }
    }
    return responses;
  }

  /** Reads the lines of a file. */
  async readLines(file: string): Promise<string[]> {
    const content = await this.#sdk.files.content(file, { signal: this.#signal });
    return (await content.text()).split("\n").filter((line) => line.trim() !== "");
  }
}
