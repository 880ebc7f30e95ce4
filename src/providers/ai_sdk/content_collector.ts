import type { LanguageModelV4Content, SharedV4ProviderMetadata } from "@ai-sdk/provider";
import { isRecord } from "../../model/check_options.ts";
import type { ToolRequest } from "../../model/message.ts";
import {
  type AssistantPart,
  type ContentSource,
  keepContent,
  toAssistantPart,
} from "./assistant_content.ts";

/** Collects text, reasoning and tool calls. Sources and files are ignored. */
export class ContentCollector {
  /** The text until now. */
  text = "";
  /** The text of the reasoning until now. */
  reasoning = "";
  /** The tool calls that can be run. */
  readonly calls: ToolRequest[] = [];
  /** Whether there are tool calls without a name. */
  hasUnusableCalls = false;
  readonly #parts: AssistantPart[] = [];
  /** Where the last text part begins in the text, if the last part is one. */
  #textStart: number | undefined;

  /** Whether there is no text and no other part. */
  get isEmpty(): boolean {
    return this.text === "" && this.#parts.length === 0 && !this.hasUnusableCalls;
  }

  /** Adds a complete part. */
  add(part: LanguageModelV4Content): void {
    if (part?.type === "text") {
      this.addText(part.text);
      return this.endText(part.providerMetadata);
    }
    this.endText(undefined);
    const kept = isRecord(part) ? toAssistantPart(part) : undefined;
    if (kept !== undefined) this.#parts.push(kept);
    if (part?.type === "reasoning" && isText(part.text)) this.reasoning += part.text;
    if (part?.type !== "tool-call" || part.providerExecuted) return;
    const { toolCallId: id, toolName: name, input } = part;
    if (!isText(name)) {
      this.hasUnusableCalls = true;
      return;
    }
    const args = typeof input === "string" ? input : JSON.stringify(input) ?? "";
    this.calls.push({ id, name, args });
  }

  /** Adds to the current text part, or begins one. */
  addText(text: unknown): void {
    if (typeof text !== "string") return;
    this.#textStart ??= this.text.length;
    this.text += text;
  }

  /** Ends the current text part, if there is one. */
  endText(metadata: SharedV4ProviderMetadata | undefined): void {
    const start = this.#textStart;
    this.#textStart = undefined;
    if (start === undefined || start === this.text.length) return;
    this.#parts.push({
      type: "text",
      text: this.text.slice(start),
      ...(metadata !== undefined && { providerOptions: metadata }),
    });
  }

  /** Returns the data to send back with the tool calls, if there is any. */
  providerData(source: ContentSource): unknown {
    this.endText(undefined);
    return keepContent(this.#parts, source, this);
  }
}

/** Whether a value is a text, and not empty. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
