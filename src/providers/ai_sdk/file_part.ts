import type { LanguageModelV4FilePart } from "@ai-sdk/provider";
import type { ContentPart, TextPart } from "../../model/content_part.ts";
import type { AiSdkModel } from "./find_model.ts";
import { reject } from "./reject.ts";

/** A part that is not text. */
type Attachment = Exclude<ContentPart, TextPart>;

/** The media types of attachments that have none. */
const DEFAULT_TYPES = { image: "image/*", audio: "audio/*", file: "application/octet-stream" };

/** The names of attachments in messages. */
const NAMES = { image: "an image", audio: "a recording", file: "a file" };

/**
 * Converts an image, a recording or a file.
 *
 * @throws {ProviderError} If the model cannot accept it.
 */
export function convertFile(
  part: Attachment,
  { specificationVersion, provider }: AiSdkModel,
): LanguageModelV4FilePart {
  if (part.type === "image" && part.detail !== undefined) {
    reject(
      "the AI SDK has no detail of an image: remove it, and put the option of the provider into " +
        "the extra of the part: { openai: { imageDetail: … } }",
    );
  }
  const filename = part.type === "file" ? part.name : undefined;
  const isV4 = specificationVersion === "v4";
  // The older versions take the data itself, without its type.
  const file = (data: LanguageModelV4FilePart["data"], mediaType: string) => ({
    type: "file",
    ...(filename !== undefined && { filename }),
    data: isV4 ? data : data.type === "url" ? data.url : (data as { data: string }).data,
    mediaType,
  } as LanguageModelV4FilePart);

  const inline = /^data:([^;,]*)[^,]*;base64,/i.exec(part.url);
  const defaultType = part.type === "image" && isV4 ? "image" : DEFAULT_TYPES[part.type];
  if (inline !== null) {
    return file({ type: "data", data: part.url.slice(inline[0].length) }, inline[1] || defaultType);
  }
  if (/^data:/i.test(part.url)) reject(`a data: URL of ${NAMES[part.type]} must be base64`);
  if (/^https?:/i.test(part.url)) {
    const url = URL.parse(part.url) ??
      reject(`the URL of ${NAMES[part.type]} must be a complete URL`);
    return file(
      { type: "url", url },
      /\.pdf$/i.test(url.pathname) ? "application/pdf" : defaultType,
    );
  }
  if (!isV4 || part.type !== "file") {
    reject(`the URL of ${NAMES[part.type]} must begin with https: or data: for this model`);
  }
  // The provider of a model is named like "openai.chat". Its files are referenced by the first
  // word.
  const reference = { [provider.split(".")[0]!]: part.url };
  return file({ type: "reference", reference }, defaultType);
}
