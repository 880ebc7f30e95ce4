import { defineAgent, type Provider, type ProviderOptions } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { delay } from "@std/async/delay";
import { print } from "../print.ts";
import process from "node:process";

export { delay };

/** An agent that echoes its prompt after the latency of its provider, in milliseconds. */
export function echoAgent(latency: number | (() => number) = 0, name = "echo") {
  const provider = scripted((request) => String(request.messages.at(-1)!.content), { latency });
  const agent = defineAgent({ name, model: "m", prompt: "{text}", provider, retries: 0 });
  return { provider, agent };
}

// The first priced call loads the prices. Load them here, outside of the sanitized tests.
await echoAgent().agent.call({ text: "" });

/** An agent that fails for texts that begin with "fail". */
export function fussyAgent(latency: number | (() => number) = 0, name = "fussy") {
  const provider = scripted((request) => {
    const text = String(request.messages.at(-1)!.content);
    return text.startsWith("fail") ? new Error(`no to ${text}`) : text;
  }, { latency });
  const agent = defineAgent({ name, model: "m", prompt: "{text}", provider, retries: 0 });
  return { provider, agent };
}

/** A provider that never answers and ignores its signal. It records which requests were aborted. */
export function deafProvider() {
  const signals: AbortSignal[] = [];
  const provider: Provider = {
    name: "deaf",
    generate(_request, { signal }: ProviderOptions) {
      signals.push(signal);
      return new Promise(() => {});
    },
    async *stream() {},
  };
  return {
    provider,
    signals,
    get aborted() {
      return signals.filter((signal) => signal.aborted).length;
    },
  };
}

/** An agent whose calls never end by themselves. */
export function hangingAgent(name = "hanging") {
  const deaf = deafProvider();
  const agent = defineAgent({
    name,
    model: "m",
    prompt: "{text}",
    provider: deaf.provider,
    retries: 0,
  });
  return { agent, deaf };
}

/** Yields 0, 1, 2, … up to `end`, exclusive. */
export function* numbers(end = Infinity): Generator<number> {
  for (let i = 0; i < end; i++) yield i;
}

/** A source that counts the pulled items and records whether it was closed. */
export function counted<T>(make: (index: number) => T, end = Infinity) {
  const seen = { pulled: 0, closed: false };
  function* sync(): Generator<T> {
    try {
      for (const i of numbers(end)) {
        seen.pulled++;
        yield make(i);
      }
    } finally {
      seen.closed = true;
    }
  }
  async function* async(ms = 0): AsyncGenerator<T> {
    try {
      for (const i of numbers(end)) {
        if (ms > 0) await delay(ms);
        seen.pulled++;
        yield make(i);
      }
    } finally {
      seen.closed = true;
    }
  }
  return { seen, sync, async };
}

/** An async source that yields these items and then hangs. */
export function stuckAfter<T>(...items: T[]) {
  const seen = { closed: false };
  const source: AsyncIterable<T> = {
    [Symbol.asyncIterator]() {
      let i = 0;
      return {
        next: () =>
          i < items.length
            ? Promise.resolve({ done: false as const, value: items[i++]! })
            : new Promise(() => {}),
        return() {
          seen.closed = true;
          return Promise.resolve({ done: true as const, value: undefined });
        },
      };
    },
  };
  return { source, seen };
}

/** Returns what the promise rejects with. Fails if it does not reject. */
// deno-lint-ignore no-explicit-any
export async function rejection<E extends abstract new (...args: any[]) => unknown>(
  promise: Promise<unknown>,
  type: E,
): Promise<InstanceType<E>> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    if (error instanceof type) return error as InstanceType<E>;
    throw new Error(`it rejected with something else than ${type.name}`, { cause: error });
  }
  throw new Error(`it did not reject, but gave ${print(value)}`);
}

/** Fails if the work hangs. The limit is generous, as the machine may be slow. */
export async function promptly<T>(work: Promise<T>, ms = 2_000): Promise<T> {
  const stop = new AbortController();
  try {
    return await Promise.race([
      work,
      delay(ms, { signal: stop.signal }).then(() => {
        throw new Error(`it was not over within ${ms} ms`);
      }),
    ]);
  } finally {
    stop.abort();
  }
}

/** Creates a signal and counts the listeners on it. */
export function watchedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const seen = { added: 0, removed: 0 };
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    seen.added++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    seen.removed++;
    remove(...args);
  };
  return { controller, signal, seen };
}

/** Returns the reasons of all unhandled rejections while the work runs. */
export async function unhandledRejections(work: () => Promise<unknown>): Promise<unknown[]> {
  const reasons: unknown[] = [];
  const listen = (reason: unknown) => void reasons.push(reason);
  // The runner has a listener, too, for which these would be failures.
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", listen);
  try {
    await work();
    await delay(5);
  } finally {
    process.off("unhandledRejection", listen);
    for (const other of others) process.on("unhandledRejection", other);
  }
  return reasons;
}

/** Whether two types are identical. */
export type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2)
  ? true
  : false;

/** Makes the compiler check that a type is `true`. */
export function typeTest<_Same extends true>(): void {}
