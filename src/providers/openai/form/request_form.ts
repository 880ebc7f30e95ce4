import type { MaxTokensField } from "./max_tokens_field.ts";

/**
 * A part of a request that the provider adds, and may leave out: the usage of a stream, the
 * `strict` flag of schemas, the reasoning that came with earlier messages, and the request for
 * encrypted reasoning.
 */
export type OptionalPart = "stream_options" | "strict" | "echo" | "include";

/** The form of a request that a server accepts for a model. */
export interface RequestForm {
  /** The name of the maximum number of tokens; the name to try first if absent. */
  readonly maxTokensField?: MaxTokensField;
  /** The parts that the server rejects. */
  readonly without: ReadonlySet<OptionalPart>;
}

/** The form with all parts. */
export const FULL_FORM: RequestForm = Object.freeze({ without: new Set<OptionalPart>() });

/** How a request is built. */
export interface BuildOptions {
  /** Whether the answer is streamed. */
  readonly stream: boolean;
  /** The form that the server accepts. */
  readonly form: RequestForm;
}
