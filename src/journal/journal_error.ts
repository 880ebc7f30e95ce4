/**
 * What a {@linkcode JournalError} is about.
 *
 * - `locked`: somebody else is writing
 * - `format`: it was written by a newer version, or is no journal
 * - `open`: it cannot be opened
 * - `read`, `write`: it could be opened, but not read or written
 * - `closed`: it was closed
 */
export type JournalErrorCode = "locked" | "format" | "open" | "read" | "write" | "closed";

/**
 * Why a journal cannot do what it is asked to. A run ends with it, and is to be started again when the reason is gone.
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
  /** What it is about. */
  readonly code: JournalErrorCode;

  /** Makes an error; the drivers do this for you, and for one of your own. */
  constructor(message: string, code: JournalErrorCode, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
