/** Handles Ctrl-C and SIGTERM. */
import process from "node:process";
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

/** A signal that stops a command. */
export type StopSignal = "SIGINT" | "SIGTERM" | "SIGBREAK";

/**
 * Returns the signals that stop a command on this system. Windows has no SIGTERM, and Ctrl-Break
 * sends SIGBREAK. SIGHUP is not among them: `nohup` ignores it, and a listener would undo that.
 */
export function stopSignals(platform: string = process.platform): readonly StopSignal[] {
  return ["SIGINT", platform === "win32" ? "SIGBREAK" : "SIGTERM"];
}

/** Listens to the signals that stop a command, until it is disposed. */
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
  const listeners = stopSignals().map((signal) =>
    [signal, on(signal === "SIGTERM" ? EXIT.terminated : EXIT.interrupted)] as const
  );
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return {
    stopSignal: stop.signal,
    abortSignal: abort.signal,
    get exitCode() {
      return exitCode;
    },
    requestStop,
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const [signal, listener] of listeners) process.off(signal, listener);
    },
  };
}

/** Resolves with the first signal that stops a command. */
export function untilInterrupted(): Promise<void> {
  const signals = stopSignals();
  return new Promise((resolve) => {
    const listener = () => {
      for (const signal of signals) process.off(signal, listener);
      resolve();
    };
    for (const signal of signals) process.on(signal, listener);
  });
}
