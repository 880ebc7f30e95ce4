/**
 * A client in a process of another runtime. It runs the task in its first argument, prints the
 * outcome as a line of JSON, and ends by itself: nothing disposes the provider.
 */
import { batch, defineAgent } from "@shoal/agents";
import { openai, type OpenAIOptions } from "@shoal/agents/openai";
import process from "node:process";

/** What the client does. */
export interface Task {
  /** The options of the provider. */
  readonly options: OpenAIOptions;
  /**
   * The number of calls.
   *
   * @default {1}
   */
  readonly calls?: number;
  /**
   * How many of them run at once.
   *
   * @default {1}
   */
  readonly concurrency?: number;
  /** Whether the answers are streamed. */
  readonly streamed?: boolean;
  /** The length of the prompt, in characters. */
  readonly length?: number;
  /** Milliseconds after which the calls are aborted. */
  readonly abortAfter?: number;
  /** The time limit of an attempt, in milliseconds. */
  readonly attempt?: number;
  /** The number of retries. */
  readonly retries?: number;
  /** Milliseconds between two calls. */
  readonly pause?: number;
}

/** What happened. */
export interface Outcome {
  /** The answers, each once. */
  readonly contents: readonly string[];
  /** The number of successful calls. */
  readonly ok: number;
  /** The first error. */
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly status?: number;
    readonly retryable: boolean;
  };
  /** The attempts of the first call: `ok`, or the code of the error. */
  readonly attempts: readonly string[];
  /** The number of deltas. */
  readonly deltas: number;
  /** How long the calls took after they were aborted, in milliseconds. */
  readonly abortedMs?: number;
  /** The open sockets, after a moment; Node only. */
  readonly sockets?: number;
  /** What was neither caught nor handled. */
  readonly unhandled: readonly string[];
}

const task: Task = JSON.parse(process.argv[2]!);
const unhandled: string[] = [];
process.on("unhandledRejection", (thrown) => unhandled.push(String(thrown)));
process.on("uncaughtException", (thrown) => unhandled.push(String(thrown)));

const provider = openai(task.options);
const Ask = defineAgent({ name: "ask", model: "m", prompt: "{text}", provider });
let deltas = 0;
const stop = new AbortController();
let abortedAt: number | undefined;
if (task.abortAfter !== undefined) {
  setTimeout(() => {
    abortedAt = performance.now();
    stop.abort(new Error("enough"));
  }, task.abortAfter);
}
const call = [Ask, { text: "x".repeat(task.length ?? 1) }, {
  retries: { max: task.retries ?? 0, base: 1 },
  timeout: task.attempt === undefined ? undefined : { attempt: task.attempt },
  signal: stop.signal,
  ...(task.streamed && { onDelta: () => void deltas++ }),
}] as const;
async function* calls() {
  for (let i = 0; i < (task.calls ?? 1); i++) {
    if (i > 0 && task.pause) await new Promise((resolve) => setTimeout(resolve, task.pause));
    yield call;
  }
}
const results = await batch(calls(), { concurrency: task.concurrency ?? 1 });
const abortedMs = abortedAt === undefined ? undefined : performance.now() - abortedAt;
const error = results.find(({ error }) => error !== undefined)?.error;
await new Promise((resolve) => setTimeout(resolve, 20));
const resources: readonly string[] | undefined = process.getActiveResourcesInfo?.();
const outcome: Outcome = {
  contents: [...new Set(results.flatMap(({ content }) => content === undefined ? [] : [content]))],
  ok: results.filter(({ ok }) => ok).length,
  ...(error !== undefined && {
    error: {
      code: error.code,
      message: error.message,
      status: error.status,
      retryable: error.retryable,
    },
  }),
  attempts: results[0]!.attempts.map(({ error }) => error?.code ?? "ok"),
  deltas,
  abortedMs,
  sockets: resources?.filter((name) => /^(TCP|TLS)/.test(name)).length,
  unhandled,
};
console.log(JSON.stringify(outcome));
