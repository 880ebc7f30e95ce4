/**
 * What a model that reasons thought before it asked for tools. Nothing is stored at the server, so it must be given back together with
 * what the tools gave: else the model thinks anew in each round. Nobody but the server can read it.
 */
import type { OpenAI } from "openai";
import { isRecord } from "../../model/check_options.ts";
import type { ModelRequest } from "../../model/message.ts";

/** An answer as the server gave it, and where it is of use. Plain JSON: it may have to be kept for later. */
export interface Kept {
  /** The server. */
  readonly server: string;
  /** The model: what another one thought is no use to it, and may be refused. */
  readonly model: string;
  /** All items, in their order. */
  readonly items: readonly unknown[];
}

/** Models of OpenAI that reason, by their names. */
const REASONS = /(^|[/:])(o\d|gpt-([5-9]|\d\d)(?!.*-chat))/;

/**
 * Is the server to be asked for it? Only where there may be another round: it is long, and models that do not reason refuse the
 * question.
 */
export function asksToKeep({ model, settings, tools = [] }: ModelRequest): boolean {
  const { reasoningEffort } = settings;
  return tools.length > 0 && reasoningEffort !== "none" &&
    (reasoningEffort !== undefined || REASONS.test(model));
}

/** What is to be given back of an answer; `undefined` if the messages say it all. */
export function keptOf(output: readonly unknown[], where: Omit<Kept, "items">): Kept | undefined {
  const items = output.filter(isRecord);
  const thoughts = items.filter(({ type }) => type === "reasoning");
  const asks = items.some(({ type }) => type === "function_call");
  // A thought without its content is only a reference to something that the server did not store.
  const usable = thoughts.every(({ encrypted_content, content }) =>
    encrypted_content || (Array.isArray(content) && content.length > 0)
  );
  return asks && thoughts.length > 0 && usable ? { ...where, items } : undefined;
}

/** The items that were kept, if they are of use here. */
export function itemsIn(
  data: unknown,
  { server, model }: Omit<Kept, "items">,
): OpenAI.Responses.ResponseInputItem[] | undefined {
  if (!isRecord(data) || data.server !== server || data.model !== model) return undefined;
  return Array.isArray(data.items) ? data.items : undefined;
}
