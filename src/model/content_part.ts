/** Fields of a server for which there is no option. */
export interface ExtraFields {
  /**
   * Other fields, sent with this object: `{ cache_control: { type: "ephemeral" } }`. They replace
   * the fields that the provider writes, and `null` removes one. For models of the AI SDK it holds
   * `providerOptions` by provider.
   */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Text in a message. */
export interface TextPart extends ExtraFields {
  /** Plain text. */
  readonly type: "text";
  /** The text. */
  readonly text: string;
}

/** An image in a message. */
export interface ImagePart extends ExtraFields {
  /** An image. */
  readonly type: "image";
  /** An `https:` or `data:` URL. */
  readonly url: string;
  /** How closely the model looks at the image. Models of the AI SDK have no such setting. */
  readonly detail?: ImageDetail;
}

/** A recording in a message. */
export interface AudioPart extends ExtraFields {
  /** A recording of speech or other sound. */
  readonly type: "audio";
  /** A `data:` URL, such as `data:audio/wav;base64,…`. */
  readonly url: string;
}

/** A file in a message. */
export interface FilePart extends ExtraFields {
  /** A file, such as a PDF. */
  readonly type: "file";
  /** A `data:` URL, or the provider's id of an uploaded file. */
  readonly url: string;
  /** The file name. */
  readonly name?: string;
}

/** A part of a message's content. */
export type ContentPart = TextPart | ImagePart | AudioPart | FilePart;

/** The values of an image's `detail`. */
export const IMAGE_DETAILS: readonly ImageDetail[] = ["auto", "low", "high"];

/** How closely a model looks at an image: a low detail costs fewer tokens. */
export type ImageDetail = "auto" | "low" | "high";
