/** Handles Ctrl-C and SIGTERM. */
import { EXIT } from "./exit_code.ts";

/** The interruption of a run: the first signal stops it gently, the second ends it at once. */
export interface Interrupt extends Disposable {
  /** Aborts when no more rows are to be read. */
  readonly stopSignal: AbortSignal;
  /** Aborts when the grace of the calls in flight is over. */
  readonly abortSignal: AbortSignal;
  /** The exit code for the signal that was received; `undefined` if none was. */
  readonly exitCode: number | undefined;
  /** Stops the run gently for another reason than a signal. */
  requestStop(): void;
}

/** Options of {@linkcode listenForInterrupts}. */
export interface InterruptOptions {
  /** How long calls in flight may take after the first signal, in milliseconds. */
  readonly grace: number;
  /** Called on the first signal. */
  readonly onStop: () => void;
  /** Called on the second signal. */
  readonly exit: (code: number) => void;
}

/** Whether this system has the signal: Windows has no SIGTERM. */
function isSignalSupported(signal: Deno.Signal): boolean {
  return signal === "SIGINT" || Deno.build.os !== "windows";
}

/** Listens to SIGINT and SIGTERM until it is disposed. */
export function listenForInterrupts({ grace, onStop, exit }: InterruptOptions): Interrupt {
  const stop = new AbortController();
  const abort = new AbortController();
  let exitCode: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const requestStop = () => {
    if (stop.signal.aborted) return;
    stop.abort();
    timer = setTimeout(() => abort.abort(new DOMException("Interrupted", "AbortError")), grace);
  };
  const on = (code: number) => () => {
    if (exitCode !== undefined) return exit(exitCode);
    exitCode = code;
    onStop();
    requestStop();
  };
  const listeners = (
    [["SIGINT", on(EXIT.interrupted)], ["SIGTERM", on(EXIT.terminated)]] as const
  ).filter(([signal]) => isSignalSupported(signal));
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  return {
    stopSignal: stop.signal,
    abortSignal: abort.signal,
    get exitCode() {
      return exitCode;
    },
    requestStop,
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
    },
  };
}

/** Resolves with the first SIGINT or SIGTERM. */
export function untilInterrupted(): Promise<void> {
  const signals = (["SIGINT", "SIGTERM"] as const).filter(isSignalSupported);
  return new Promise((resolve) => {
    const listener = () => {
      for (const signal of signals) Deno.removeSignalListener(signal, listener);
      resolve();
    };
    for (const signal of signals) Deno.addSignalListener(signal, listener);
  });
}
