import type { HeaderReader } from "./header_reader.ts";

/** The headers in which servers send the id of a request. */
const HEADERS = ["x-request-id", "request-id", "apim-request-id", "x-generation-id", "cf-ray"];

/** Returns the id of a request, if the server sends it. */
export function readRequestId(headers: HeaderReader): string | undefined {
  for (const name of HEADERS) {
    const id = headers.get(name);
    if (id) return id;
  }
  return undefined;
}
