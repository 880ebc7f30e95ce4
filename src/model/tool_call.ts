/**
 * Why a tool call failed.
 *
 * - `unknown_tool`: the agent has no such tool
 * - `invalid_args`: the arguments do not fit the tool's schema
 * - `threw`: the tool threw, or returned something that is not JSON
 * - `timeout`: its own time limit passed
 * - `aborted`: the call ended while it ran
 * - `too_many`: it did not run, as the answer called more than `maxToolCalls` tools
 */
export type ToolErrorCode =
  | "unknown_tool"
  | "invalid_args"
  | "threw"
  | "timeout"
  | "aborted"
  | "too_many";

/** A tool call that the model requested. */
export interface ToolCall {
  /** The provider's id of the request. */
  readonly id: string;
  /** The tool's name. */
  readonly name: string;
  /** The arguments passed to the tool; if they are invalid, as the model wrote them. */
  readonly args: unknown;
  /** The value that the tool returned. */
  readonly result?: unknown;
  /** The error, if the tool call failed. The model received its message instead of a result. */
  readonly error?: {
    /** The kind of the error. */
    readonly code: ToolErrorCode;
    /** The message of the error. */
    readonly message: string;
    /**
     * What the tool threw. It is not enumerable, is never sent to the model, and is absent from
     * results of journals and of workers.
     */
    readonly cause?: unknown;
  };
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}
