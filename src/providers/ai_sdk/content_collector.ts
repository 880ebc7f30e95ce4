import type { LanguageModelV4Content, SharedV4ProviderMetadata } from "@ai-sdk/provider";
import { isRecord } from "../../model/check_options.ts";
import type { ToolRequest } from "../../model/message.ts";
import { MESSAGE_SEPARATOR } from "../http/message_separator.ts";
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

  /** The message of the last text part, if it names one. */
  #message: unknown;
  /** Whether the next text begins another message. */
  #startsMessage = false;

  /** Whether there is no text and no other part. */
  get isEmpty(): boolean {
    return this.text === "" && this.#parts.length === 0 && !this.hasUnusableCalls;
  }

  /** Adds a complete part. */
  add(part: LanguageModelV4Content): void {
    if (part?.type === "text") {
      this.startText(part.providerMetadata);
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

  /** Begins a text part. Those of the Responses API name the message that they belong to. */
  startText(metadata: SharedV4ProviderMetadata | undefined): void {
    const message = Object.values(metadata ?? {}).find((one) => isText(one?.itemId))?.itemId;
    this.#startsMessage = this.text !== "" && message !== this.#message;
    this.#message = message;
  }

  /**
   * Adds to the current text part, or begins one. Returns the text, with a separator before it if
   * it begins another message, such as the final answer after a commentary.
   */
  addText(text: unknown): string {
    if (!isText(text)) return "";
    const separator = this.#startsMessage ? MESSAGE_SEPARATOR : "";
    this.#startsMessage = false;
    this.text += separator;
    this.#textStart ??= this.text.length;
    this.text += text;
    return separator + text;
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
