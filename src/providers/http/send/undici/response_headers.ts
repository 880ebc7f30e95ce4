import type { HeaderReader } from "../../header_reader.ts";
import type { RawHeaders } from "./undici.ts";

/** Reads headers as undici returns them. Creating `Headers` would take longer than a request. */
export class ResponseHeaders implements HeaderReader {
  readonly #headers: RawHeaders;

  /** Wraps the headers. */
  constructor(headers: RawHeaders) {
    this.#headers = headers;
  }

  get(name: string): string | null {
    const value = this.#headers[name];
    return value === undefined ? null : typeof value === "string" ? value : value.join(", ");
  }

  has(name: string): boolean {
    return this.#headers[name] !== undefined;
  }
}
