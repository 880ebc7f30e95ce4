/** An answer of the AI SDK's language models in our words, whole or in pieces. */
import type {
  LanguageModelV2StreamPart,
  LanguageModelV3StreamPart,
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  SharedV4ProviderMetadata,
} from "@ai-sdk/provider";
import { isRecord } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import type { FinishReason, ModelReply, ToolRequest } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { Usage } from "../../model/usage.ts";
import { usageOf } from "./usage.ts";
import { keepSaid, type Thought } from "./reasoning_items.ts";

/** A piece of a streamed answer, in any version of the interface. */
export type Piece =
  | LanguageModelV4StreamPart
  | LanguageModelV3StreamPart
  | LanguageModelV2StreamPart;

/**
 * The reply of a whole answer.
 *
 * @throws {ProviderError} If it is none.
 */
export function replyOf(
  // What a model gives is somebody else's code, and the older versions give something else.
  result: Partial<LanguageModelV4GenerateResult> | undefined,
  more: { readonly provider: string; readonly json: boolean; readonly rates?: RateReport },
): ModelReply {
  if (!Array.isArray(result?.content)) {
    throw new ProviderError("the AI SDK's model gave an answer without content", {
      code: "provider",
      retryable: true,
    });
  }
  const parts = new Parts(more.provider);
  for (const part of result.content) parts.add(part);
  const { structuredOutputText } = result;
  return replyIn({
    text: more.json && structuredOutputText !== undefined ? structuredOutputText : parts.text,
    calls: parts.calls,
    finish: finishIn(result.finishReason),
    usage: usageOf(result.usage),
    rates: more.rates,
  });
}

/** Puts the pieces of a streamed answer together. */
export class ReplyBuilder {
  readonly #parts: Parts;
  readonly #thoughts = new Map<string, { text: string; metadata?: SharedV4ProviderMetadata }>();
  readonly #rates: RateReport | undefined;
  #finish: Finish | undefined;
  #usage: Usage | undefined;

  /** For an answer of this provider. */
  constructor(provider: string, rates: RateReport | undefined) {
    this.#parts = new Parts(provider);
    this.#rates = rates;
  }

  /** Was the last piece the end of the answer? */
  get ended(): boolean {
    return this.#finish !== undefined;
  }

  /** Takes a piece; gives its text. */
  add(piece: Piece): string {
    switch (piece.type) {
      case "text-delta":
        this.#parts.add({ type: "text", text: piece.delta });
        return typeof piece.delta === "string" ? piece.delta : "";
      case "reasoning-start":
      case "reasoning-delta":
      case "reasoning-end":
        this.#think(piece);
        return "";
      case "tool-call":
        // It holds the whole input: the pieces of it that came before are for those who want to watch.
        this.#parts.add(piece as LanguageModelV4Content);
        return "";
      case "finish":
        this.#finish = finishIn(piece.finishReason);
        this.#usage = usageOf(piece.usage);
        return "";
      default:
        return "";
    }
  }

  #think(piece: Extract<LanguageModelV4StreamPart, { type: `reasoning-${string}` }> | Piece): void {
    const { id, delta = "", providerMetadata } = piece as {
      id: string;
      delta?: string;
      providerMetadata?: SharedV4ProviderMetadata;
    };
    const thought = this.#thoughts.get(id) ?? { text: "" };
    thought.text += delta;
    // The signature of a thought comes with its last piece.
    thought.metadata = providerMetadata ?? thought.metadata;
    this.#thoughts.set(id, thought);
    if (piece.type !== "reasoning-end") return;
    this.#thoughts.delete(id);
    const { text, metadata: said } = thought;
    this.#parts.add({ type: "reasoning", text, ...(said && { providerMetadata: said }) });
  }

  /**
   * The whole.
   *
   * @throws {ProviderError} If the stream ended before the answer did.
   */
  reply(): ModelReply {
    const { text, calls } = this.#parts;
    const finish = this.#finish ?? { unified: "interrupted" };
    // Who was cut off from its server knows no word of its for the end.
    const cut = finish.raw === undefined && UNSAID.has(finish.unified);
    return replyIn({
      text,
      calls,
      finish: cut ? { unified: "interrupted" } : finish,
      usage: this.#usage,
      rates: this.#rates,
    });
  }
}

/** Sorts what an answer is made of. Sources, files and what the provider did by itself are not for us. */
class Parts {
  text = "";
  readonly calls: ToolRequest[] = [];
  readonly #provider: string;
  #thoughts: Thought[] = [];

  constructor(provider: string) {
    this.#provider = provider;
  }

  add(part: LanguageModelV4Content): void {
    if (part?.type === "text" && typeof part.text === "string") this.text += part.text;
    else if (part?.type === "reasoning") {
      const { text, providerMetadata } = part;
      this.#thoughts.push({
        type: "reasoning",
        text,
        ...(providerMetadata !== undefined && { providerOptions: providerMetadata }),
      });
    } else if (part?.type === "tool-call" && !part.providerExecuted) {
      const { toolCallId: id, toolName: name, input, providerMetadata: metadata } = part;
      const args = typeof input === "string" ? input : JSON.stringify(input) ?? "";
      const request: ToolRequest = { id, name, args };
      keepSaid(request, { provider: this.#provider, thoughts: this.#thoughts, metadata });
      this.#thoughts = [];
      this.calls.push(request);
    }
  }
}

/** Why a model stopped, in the AI SDK's word and in the server's. */
interface Finish {
  readonly unified: string;
  readonly raw?: string;
}

const WORDS: Readonly<Record<string, FinishReason>> = {
  "stop": "stop",
  "length": "length",
  "tool-calls": "tool_calls",
  "content-filter": "content_filter",
};
/** What it says where the server has said nothing. */
const UNSAID: ReadonlySet<string> = new Set(["other", "unknown"]);
/** The server's words for an end that is no filter's: what was said then is the model's refusal. */
const REFUSED: ReadonlySet<string | undefined> = new Set(["stop", "refusal"]);

function finishIn(reason: unknown): Finish {
  if (typeof reason === "string") return { unified: reason };
  const { unified, raw } = isRecord(reason) ? reason : {};
  return {
    unified: typeof unified === "string" ? unified : "unknown",
    raw: typeof raw === "string" && raw !== "" ? raw : undefined,
  };
}

interface Answer {
  readonly text: string;
  readonly calls: readonly ToolRequest[];
  readonly finish: Finish;
  readonly usage: Usage | undefined;
  readonly rates: RateReport | undefined;
}

function replyIn({ text, calls, finish: { unified, raw }, usage, rates }: Answer): ModelReply {
  if (unified === "interrupted") {
    throw new ProviderError("the stream ended before the answer did", {
      code: "truncated",
      retryable: true,
      usage,
      rates,
      text,
    });
  }
  if (unified === "error") {
    throw new ProviderError("the server failed while it answered", {
      code: "provider",
      retryable: true,
      usage,
      rates,
      text,
    });
  }
  const refused = unified === "content-filter" && REFUSED.has(raw) && text !== "";
  return {
    text,
    finishReason: WORDS[unified] ?? raw ?? unified,
    usage,
    ...(rates !== undefined && { rates }),
    ...(refused && { refusal: text }),
    ...(calls.length > 0 && { toolCalls: calls }),
  };
}
