/**
 * The kind of a {@linkcode JournalError}.
 *
 * - `locked`: another process, or another run in this process, is writing
 * - `format`: it was written by a newer version, or is not a journal
 * - `open`: it cannot be opened
 * - `read`, `write`: it was opened, but cannot be read or written
 * - `closed`: it was closed
 */
export type JournalErrorCode = "locked" | "format" | "open" | "read" | "write" | "closed";

/**
 * An error of a journal. It ends the run, which can be started again once the problem is solved.
 *
 * @example
 * ```ts
 * import { JournalError, memoryJournal } from "@shoal/agents/journal";
 *
 * await using journal = memoryJournal();
 * const session = await journal.open("nightly");
 * try {
 *   await journal.open("nightly");
 * } catch (error) {
 *   console.log(error instanceof JournalError && error.code); // locked
 * }
 * await session.close();
 * ```
 */
export class JournalError extends Error {
  /** The name of the class. */
  override readonly name = "JournalError";
  /** The kind of the error. */
  readonly code: JournalErrorCode;

  /** Creates an error. Only stores of your own need to do so. */
  constructor(message: string, code: JournalErrorCode, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
