import type { Message, ModelRequest } from "./message.ts";

/**
 * Estimates the tokens of messages at four characters per token. Good enough for reservations, not
 * for costs.
 */
export function estimateTokens(messages: readonly Message[]): number {
  let characters = 0;
  for (const { content } of messages) {
    if (typeof content === "string") characters += content.length;
    else for (const part of content) characters += part.type === "text" ? part.text.length : 0;
  }
  return Math.ceil(characters / 4);
}

/** The tokens of the frame around a message. */
const MESSAGE_TOKENS = 4;

/** The tokens of an image or a file: a large image in full detail. */
const MEDIA_TOKENS = 1_500;

/**
 * Estimates the tokens of everything else in a request: the frames of messages, images and files,
 * tool calls, and the schemas of tools and output.
 */
export function estimateOtherTokens({ messages, output, tools }: ModelRequest): number {
  let tokens = output === undefined ? 0 : schemaTokens(output.schema);
  for (const tool of tools ?? []) tokens += schemaTokens(tool);
  for (const { content, toolCalls = [] } of messages) {
    tokens += MESSAGE_TOKENS;
    for (const { name, args } of toolCalls) tokens += (name.length + args.length) / 4;
    if (typeof content === "string") continue;
    for (const { type } of content) tokens += type === "text" ? 0 : MEDIA_TOKENS;
  }
  return Math.ceil(tokens);
}

const schemas = new WeakMap<object, number>();

/** Estimates the tokens of a schema or a tool. They are the same in all requests of an agent. */
function schemaTokens(schema: object): number {
  let tokens = schemas.get(schema);
  if (tokens === undefined) {
    tokens = JSON.stringify(schema).length / 4;
    schemas.set(schema, tokens);
  }
  return tokens;
}

/**
 * Returns the maximum tokens of messages, for nearly any language and tokenizer: one token for
 * three lowercase letters or spaces, one token for each digit, capital and punctuation mark, and
 * one and a half tokens for any other character. Identifiers, code and Base64 are that dense.
 */
export function maxTextTokens(messages: readonly Message[]): number {
  let tokens = 0;
  for (const { content } of messages) {
    if (typeof content === "string") tokens += maxTokensOf(content);
    else for (const part of content) tokens += part.type === "text" ? maxTokensOf(part.text) : 0;
  }
  return Math.ceil(tokens);
}

function maxTokensOf(text: string): number {
  let [words, others] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) others++;
    else if (code <= SPACE || (code >= LOWER_A && code <= LOWER_Z)) words++;
  }
  return words / 3 + (text.length - words - others) + others * 1.5;
}

/** Control characters, such as line breaks, are below the space. */
const SPACE = 32;
const LOWER_A = 97;
const LOWER_Z = 122;
