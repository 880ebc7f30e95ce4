import {
  AgentError,
  configure,
  type ModelReply,
  type Provider,
  ProviderError,
  type ProviderErrorOptions,
  type Usage,
} from "@shoal/agents";
import { assertRejects } from "@std/assert";
import FakeTimers from "@sinonjs/fake-timers";
import { loadPrices } from "../src/pricing/prices.ts";
import { plainUsage } from "../src/model/usage.ts";

// The public price list loads with the first answer. Under fake time it would never finish.
await loadPrices("any", undefined);

/** Installs a fake clock that advances only by `tick`. */
export function fakeTime(): Disposable & { tick(ms: number): Promise<unknown> } {
  const clock = FakeTimers.install({
    toFake: ["setTimeout", "clearTimeout", "Date", "performance"],
    now: 1_700_000_000_000,
  });
  return {
    tick: (ms) => clock.tickAsync(ms),
    [Symbol.dispose]: () => clock.uninstall(),
  };
}

/** Sets options for a test, and restores all defaults on disposal. */
export function configured(options: Parameters<typeof configure>[0] = {}): Disposable {
  configure(options);
  return { [Symbol.dispose]: resetConfiguration };
}

/** Restores all defaults. */
export function resetConfiguration(): void {
  configure(
    Object.fromEntries(Object.keys(configure()).map((name) => [name, undefined])),
  );
}

/** Creates a provider from functions, for tests that a script does not cover. */
export function handmade(parts: {
  generate?: (...args: Parameters<Provider["generate"]>) => unknown;
  stream?: (...args: Parameters<Provider["stream"]>) => unknown;
}): Provider {
  const unexpected = () => {
    throw new Error("this was not to be called");
  };
  return { name: "handmade", generate: unexpected, stream: unexpected, ...parts } as Provider;
}

/** Returns a promise that never settles. */
export function never(): Promise<never> {
  return new Promise(() => {});
}

/** Resolves when all work that needs no timer is done. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Returns the error that a call fails with. */
export function errorOf(call: PromiseLike<unknown>): Promise<AgentError> {
  return assertRejects(() => call, AgentError);
}

/** Returns a usage with these input and output tokens. */
export function used(inputTokens: number, outputTokens: number, cachedInputTokens = 0): Usage {
  return { ...plainUsage(inputTokens, outputTokens), cachedInputTokens };
}

/** Returns a complete reply. */
export function reply(text: string, more: Partial<ModelReply> = {}): ModelReply {
  return { text, finishReason: "stop", ...more };
}

/** Returns the error of a busy server, retryable almost at once. */
export function busy(more: Partial<ProviderErrorOptions> = {}): ProviderError {
  return new ProviderError("the server is busy", {
    code: "rate_limited",
    status: 429,
    retryable: true,
    retryAfterMs: 1,
    ...more,
  });
}

/** Creates a signal that counts its listeners. */
export function countedSignal(): {
  controller: AbortController;
  signal: AbortSignal;
  listeners: Set<unknown>;
} {
  const controller = new AbortController();
  const { signal } = controller;
  const { addEventListener: add, removeEventListener: remove } = signal;
  const listeners = new Set<unknown>();
  signal.addEventListener = function (...args: Parameters<typeof add>) {
    listeners.add(args[1]);
    return add.apply(this, args);
  };
  signal.removeEventListener = function (...args: Parameters<typeof remove>) {
    listeners.delete(args[1]);
    return remove.apply(this, args);
  };
  return { controller, signal, listeners };
}
