/** The batch API: answers the requests of a file in another file. */
import { errorPlan, jsonPlan, missingParameter } from "./error_bodies.ts";
import type { HttpExchange } from "./http/http_exchange.ts";
import { type FileStore, listObject } from "./files.ts";
import type { ResponsePlan } from "./response_plan.ts";
import type { SimulatorBehaviour } from "./simulator_options.ts";

/** The options of batches. */
type BatchBehaviour = Pick<SimulatorBehaviour, "batchLatency" | "batchTokens" | "batchRejections">;

/** Answers a request of a file. */
export type AnswerLine = (
  url: string,
  body: unknown,
) => Promise<{ readonly status: number; readonly body: unknown }>;

/** A line of an input file. */
interface BatchLine {
  readonly custom_id?: unknown;
  readonly method?: unknown;
  readonly url?: unknown;
  readonly body?: unknown;
}

interface Batch {
  readonly object: Record<string, unknown>;
  /** The time of completion, on the clock of `performance`. */
  readonly doneAt: number;
  /** The fields of the completed batch. */
  readonly work: Promise<Record<string, unknown>>;
  /** The estimated tokens of its requests, until it is complete. */
  readonly tokens: number;
  /** Whether it was cancelled. */
  cancelled: boolean;
}

const PATH = /^\/v1\/batches(?:\/([\w-]+)(\/cancel)?)?$/;
const ENDPOINTS = ["/v1/chat/completions", "/v1/responses"];

/** Stores batches and works on them. */
export class Batches {
  readonly #files: FileStore;
  readonly #answerLine: AnswerLine;
  readonly #batches = new Map<string, Batch>();

  constructor(files: FileStore, answerLine: AnswerLine) {
    this.#files = files;
    this.#answerLine = answerLine;
  }

  /** Plans the response to a request of the batch API; `undefined` for any other request. */
  plan(
    exchange: HttpExchange,
    behaviour: BatchBehaviour,
  ): ResponsePlan | Promise<ResponsePlan> | undefined {
    const [path, id, cancel] = PATH.exec(exchange.path) ?? [];
    if (path === undefined) return undefined;
    const { method } = exchange;
    if (id === undefined) {
      if (method === "POST") return this.#create(exchange.body, behaviour);
      return method === "GET" ? this.#list() : undefined;
    }
    const batch = this.#batches.get(id);
    if (batch === undefined) {
      return errorPlan(404, { message: `No batch found with id '${id}'.`, param: "batch_id" });
    }
    if (cancel !== undefined && method === "POST") batch.cancelled = true;
    else if (cancel !== undefined || method !== "GET") return undefined;
    return stateOf(batch).then((state) => jsonPlan(200, state));
  }

  async #list(): Promise<ResponsePlan> {
    return jsonPlan(
      200,
      listObject(await Promise.all([...this.#batches.values()].reverse().map(stateOf))),
    );
  }

  #create(text: string, behaviour: BatchBehaviour): ResponsePlan {
    let body: Record<string, unknown>;
    try {
      body = JSON.parse(text);
    } catch {
      return errorPlan(400, { message: "We could not parse the JSON body of your request." });
    }
    const { input_file_id, endpoint, completion_window, metadata = null } = body ?? {};
    const file = this.#files.get(input_file_id);
    if (file === undefined) {
      return missingParameter("input_file_id", "The input file does not exist.");
    }
    if (file.purpose !== "batch") {
      return errorPlan(400, {
        message: "The file's purpose must be 'batch'.",
        param: "input_file_id",
      });
    }
    if (!ENDPOINTS.includes(endpoint as string)) {
      return errorPlan(400, { message: "The endpoint is not supported.", param: "endpoint" });
    }
    if (completion_window !== "24h") {
      return errorPlan(400, { message: "The window must be '24h'.", param: "completion_window" });
    }
    const id = `batch_sim${this.#batches.size}`;
    const object = {
      id,
      object: "batch",
      endpoint,
      errors: null,
      input_file_id,
      completion_window,
      status: "in_progress",
      output_file_id: null,
      error_file_id: null,
      created_at: Math.floor(Date.now() / 1000),
      metadata,
    };
    const tokens = Math.ceil(file.text.length / 4);
    const refusal = this.#refusal(tokens, behaviour);
    this.#batches.set(id, {
      object,
      work: refusal === undefined
        ? this.#work(id, file.text, endpoint as string)
        : Promise.resolve(failedBatch([refusal])),
      tokens: refusal === undefined ? tokens : 0,
      doneAt: performance.now() + (refusal === undefined ? behaviour.batchLatency ?? 0 : 0),
      cancelled: false,
    });
    return jsonPlan(200, object);
  }

  /** Returns the error of a batch that is not accepted. */
  #refusal(
    tokens: number,
    { batchTokens = Infinity, batchRejections = [] }: BatchBehaviour,
  ): unknown {
    const now = performance.now();
    const enqueued = [...this.#batches.values()].filter((batch) =>
      batch.doneAt > now && !batch.cancelled
    ).reduce((sum, batch) => sum + batch.tokens, 0);
    const code = batchRejections[this.#batches.size] ??
      (enqueued + tokens > batchTokens ? "token_limit_exceeded" : undefined);
    return code && { code, message: `The batch was rejected: ${code}.`, param: null, line: null };
  }

  async #work(id: string, text: string, endpoint: string): Promise<Record<string, unknown>> {
    const lines: BatchLine[] = [];
    const seen = new Set<unknown>();
    const errors: unknown[] = [];
    for (const [i, textLine] of text.split("\n").entries()) {
      if (textLine.trim() === "") continue;
      const addError = (code: string, message: string) =>
        errors.push({ code, message, param: null, line: i + 1 });
      let line: BatchLine;
      try {
        line = JSON.parse(textLine);
      } catch {
        addError("invalid_json_line", "This line is not parseable as valid JSON.");
        continue;
      }
      if (typeof line.custom_id !== "string") {
        addError("missing_required_parameter", "custom_id is missing.");
      } else if (seen.has(line.custom_id)) {
        addError("duplicate_custom_id", "The custom_id is not unique.");
      } else if (line.method !== "POST") addError("invalid_method", "The method must be POST.");
      else if (line.url !== endpoint) {
        addError("mismatched_url", "The url is not that of the batch.");
      }
      seen.add(line.custom_id);
      lines.push(line);
    }
    if (lines.length === 0 && errors.length === 0) {
      errors.push({
        code: "empty_file",
        message: "The input file is empty.",
        param: null,
        line: null,
      });
    }
    if (errors.length > 0) return failedBatch(errors);
    const answers = await Promise.all(lines.map(async ({ custom_id, body }, i) => {
      // A function of the options may throw.
      const { status, body: answer } = await this.#answerLine(endpoint, body).catch((error) => ({
        status: 500,
        body: { error: { message: String(error), type: "server_error", code: null } },
      }));
      const response = { status_code: status, request_id: `req_${id}_${i}`, body: answer };
      return {
        status,
        text: JSON.stringify({ id: `batch_req_${id}_${i}`, custom_id, response, error: null }),
      };
    }));
    // Real batches are not in the order of their requests either.
    answers.reverse();
    const good = answers.filter(({ status }) => status === 200);
    const bad = answers.filter(({ status }) => status !== 200);
    const fileOf = (name: string, of: typeof answers) =>
      of.length === 0 ? null : this.#files.add(
        `${id}_${name}.jsonl`,
        "batch_output",
        of.map(({ text }) => text + "\n").join(""),
      ).id;
    return {
      status: "completed",
      output_file_id: fileOf("output", good),
      error_file_id: fileOf("error", bad),
      request_counts: { total: answers.length, completed: good.length, failed: bad.length },
    };
  }
}

function failedBatch(data: readonly unknown[]): Record<string, unknown> {
  return { status: "failed", errors: { object: "list", data } };
}

async function stateOf({ object, doneAt, work, cancelled }: Batch): Promise<unknown> {
  if (cancelled) return { ...object, status: "cancelled" };
  return performance.now() < doneAt ? object : { ...object, ...await work };
}
