/** Finds the model's reasoning in messages of Chat Completions, under the names of many servers. */
import { isRecord } from "../../model/check_options.ts";

/** A message, or a delta of one. Servers may omit any member. */
interface ReasoningMessage {
  readonly content?: unknown;
  /** DeepSeek, Moonshot, xAI, vLLM, SGLang, llama.cpp. */
  readonly reasoning_content?: unknown;
  /** OpenRouter, Groq, Cerebras, newer versions of vLLM, Ollama. */
  readonly reasoning?: unknown;
  readonly thinking?: unknown;
  /** OpenRouter: a list of texts, summaries and encrypted reasoning. */
  readonly reasoning_details?: unknown;
}

/**
 * Returns the text of the reasoning in a message or a delta: empty if it is encrypted, `undefined`
 * if there is none.
 */
export function readReasoning(message: ReasoningMessage | null | undefined): string | undefined {
  if (!message) return undefined;
  const { reasoning_content, reasoning, thinking, reasoning_details, content } = message;
  return nonEmpty(reasoning_content) ?? nonEmpty(reasoning) ?? nonEmpty(thinking) ??
    (Array.isArray(reasoning_details) ? readDetails(reasoning_details) : undefined) ??
    (Array.isArray(content) ? readThinkingParts(content) : undefined);
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function readDetails(details: readonly unknown[]): string | undefined {
  const all = details.filter(isRecord);
  const text = all.map(({ text, summary }) => nonEmpty(text) ?? nonEmpty(summary) ?? "").join("");
  return text !== "" || all.some(({ data }) => nonEmpty(data) !== undefined) ? text : undefined;
}

/** Mistral sends reasoning as parts of the content. */
function readThinkingParts(parts: readonly unknown[]): string | undefined {
  return nonEmpty(
    parts.filter(isRecord).filter(({ type }) => type === "thinking" || type === "reasoning")
      .map(({ thinking, reasoning, text }) => textOf(thinking ?? reasoning ?? text)).join(""),
  );
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return "";
  return value.map((part) => isRecord(part) ? textOf(part.text) : "").join("");
}
