import { EXIT } from "./exit_code.ts";

/** What Ctrl-C does to a run: the first one ends it gently, the second at once. */
export interface Interrupt extends Disposable {
  /** Aborts as soon as no more rows are to be taken. */
  readonly stopSignal: AbortSignal;
  /** Aborts when what is in flight has had its time. */
  readonly abortSignal: AbortSignal;
  /** The exit code of the signal that came; `undefined` if none did. */
  readonly exitCode: number | undefined;
  /** Ends the run gently, for another reason. */
  requestStop(): void;
}

/** How it is told. */
export interface InterruptOptions {
  /** How long what is in flight may take to finish, in milliseconds. */
  readonly grace: number;
  /** Told of the first signal. */
  readonly onStop: () => void;
  /** Called by the second. */
  readonly exit: (code: number) => void;
}

/** Windows has no SIGTERM. */
export function isSignalSupported(signal: Deno.Signal): boolean {
  return signal === "SIGINT" || Deno.build.os !== "windows";
}

/** Listens to SIGINT and SIGTERM until it is disposed. */
export function listenForInterrupts({ grace, onStop, exit }: InterruptOptions): Interrupt {
  const stop = new AbortController();
  const abort = new AbortController();
  let exitCode: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    if (stop.signal.aborted) return;
    stop.abort();
    timer = setTimeout(() => abort.abort(new DOMException("Interrupted", "AbortError")), grace);
  };
  const on = (code: number) => () => {
    if (exitCode !== undefined) return exit(exitCode);
    exitCode = code;
    onStop();
    end();
  };
  const signals = ([["SIGINT", on(EXIT.interrupted)], ["SIGTERM", on(EXIT.terminated)]] as const)
    .filter(([signal]) => isSignalSupported(signal));
  for (const [signal, listener] of signals) Deno.addSignalListener(signal, listener);
  return {
    stopSignal: stop.signal,
    abortSignal: abort.signal,
    get exitCode() {
      return exitCode;
    },
    requestStop: end,
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const [signal, listener] of signals) Deno.removeSignalListener(signal, listener);
    },
  };
}
