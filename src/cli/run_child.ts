import { spawn } from "node:child_process";
import { constants } from "node:os";
import process from "node:process";
import { CliError, errorMessage } from "./cli_error.ts";
import { EXIT } from "./exit_code.ts";
import { stopSignals } from "./interrupt.ts";

/** Returns the exit code that shells report for a process that a signal has ended. */
function signalCode(signal: NodeJS.Signals | null): number {
  const number = signal === null ? undefined : constants.signals[signal];
  return number === undefined ? EXIT.broken : 128 + number;
}

/**
 * Runs a command with the standard streams of this process, and returns its exit code. Signals
 * reach the command first: Ctrl-C is sent to it by the terminal, SIGTERM by this function.
 *
 * @throws {CliError} If it cannot be started.
 */
export function runChild(
  [command, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) =>
      reject(new CliError(`Cannot start ${command}: ${errorMessage(cause)}`, { cause }));
    let child: ReturnType<typeof spawn>;
    try {
      child = spawn(command, args, { stdio: "inherit", env: { ...process.env, ...env } });
    } catch (cause) {
      return fail(cause);
    }
    const wait = () => {};
    const end = () => child.kill("SIGTERM");
    const listeners = stopSignals().map((signal) =>
      [signal, signal === "SIGTERM" ? end : wait] as const
    );
    for (const [signal, listener] of listeners) process.on(signal, listener);
    const stopListening = () => {
      for (const [signal, listener] of listeners) process.off(signal, listener);
    };
    child.on("error", (cause) => {
      stopListening();
      fail(cause);
    });
    child.on("exit", (code, signal) => {
      stopListening();
      resolve(code ?? signalCode(signal));
    });
  });
}
