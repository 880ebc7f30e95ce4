/** Checks the parts of a message. A field that would not be sent is rejected by name. */
import { isRecord } from "../../model/check_options.ts";
import { IMAGE_DETAILS } from "../../model/content_part.ts";

/** The fields of a part that may be given by its URL or its bytes. */
const SOURCE = ["type", "url", "data", "mediaType", "extra"];

/** The fields of each type of part. */
const PART_FIELDS: Readonly<Record<string, readonly string[]>> = {
  text: ["type", "text", "extra"],
  image: [...SOURCE, "detail"],
  audio: SOURCE,
  file: [...SOURCE, "name"],
};

const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+$/;

/** Returns what is invalid in the content of a message, or `undefined` if it is valid. */
export function contentProblem(content: unknown): string | undefined {
  if (typeof content === "string") return undefined;
  if (!Array.isArray(content)) return "must have a text or a list of parts as its content";
  for (const [i, part] of content.entries()) {
    const problem = partProblem(part);
    if (problem !== undefined) return `must have a valid list of parts: part ${i} ${problem}`;
  }
  return undefined;
}

/** Returns the problem of a field that is not one of these, or `undefined` if there is none. */
export function unknownField(
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
): string | undefined {
  for (const name in value) {
    if (known.includes(name) || value[name] === undefined) continue;
    return `must not have "${name}": put fields of the server into "extra"`;
  }
  return undefined;
}

/** Returns the problem of an `extra` that is not an object, or `undefined` if there is none. */
export function extraProblem(extra: unknown): string | undefined {
  return extra === undefined || isRecord(extra) ? undefined : "must have an object as its extra";
}

function partProblem(part: unknown): string | undefined {
  if (!isRecord(part)) return "must be an object";
  const { type, text, url, data, mediaType, name, detail, extra } = part;
  const known = typeof type === "string" && Object.hasOwn(PART_FIELDS, type)
    ? PART_FIELDS[type]
    : undefined;
  if (known === undefined) {
    const given = typeof type === "string" ? `: it is "${type.slice(0, 30)}"` : "";
    return `must have the type "text", "image", "audio" or "file"${given}`;
  }
  const problem = unknownField(part, known) ?? extraProblem(extra);
  if (problem !== undefined) return problem;
  if (type === "text") return typeof text === "string" ? undefined : "must have a text";
  if (detail !== undefined && !(IMAGE_DETAILS as readonly unknown[]).includes(detail)) {
    return 'must have the detail "auto", "low" or "high"';
  }
  if (name !== undefined && typeof name !== "string") return "must have a text as its name";
  return sourceProblem(url, data, mediaType);
}

function sourceProblem(url: unknown, data: unknown, mediaType: unknown): string | undefined {
  if (data === undefined) {
    if (typeof url !== "string") return "must have a text as its url";
    return mediaType === undefined ? undefined : "must not have a mediaType without data";
  }
  if (url !== undefined) return "must not have both url and data";
  return data instanceof Uint8Array && typeof mediaType === "string" && MEDIA_TYPE.test(mediaType)
    ? undefined
    : "must have bytes as its data, and their mediaType";
}
