import type { AudioPart } from "../../../model/content_part.ts";
import { refuseRequest } from "../refuse_request.ts";

/** The names of formats that differ from the subtype of their media type. */
const FORMATS: Readonly<Record<string, string>> = { mpeg: "mp3", wave: "wav", "vnd.wave": "wav" };

/**
 * Converts a recording. Both APIs have the same form for it.
 *
 * @throws {ProviderError} If the recording is not given by a `data:` URL in base64.
 */
export function convertAudio({ url }: AudioPart) {
  const [whole, subtype] = /^data:audio\/([\w.+-]+)[^,]*;base64,/i.exec(url) ?? [];
  if (whole === undefined) {
    refuseRequest("the URL of a recording must be a data: URL in base64: data:audio/wav;base64,…");
  }
  const name = subtype!.toLowerCase().replace(/^x-/, "");
  const format = FORMATS[name] ?? name;
  return { type: "input_audio", input_audio: { data: url.slice(whole.length), format } };
}
