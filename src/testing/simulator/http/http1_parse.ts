/** Parses HTTP/1.1 requests: the head, and bodies in chunks. */
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The maximum size of a body, in bytes. */
export const LARGEST_BODY = 64 * 1024 * 1024;

/** The head of a request. */
export interface RequestHead {
  method: string;
  path: string;
  headers: Record<string, string>;
  keepAlive: boolean;
  chunked: boolean;
  /** The size of the head, in bytes. */
  length: number;
  /** The size of head and body, in bytes. */
  total: number;
}

/** Returns the offset of the body, or -1 if the head is incomplete. */
export function headLength(bytes: Uint8Array): number {
  for (let i = bytes.indexOf(13); i >= 0; i = bytes.indexOf(13, i + 1)) {
    if (bytes[i + 1] === 10 && bytes[i + 2] === 13 && bytes[i + 3] === 10) return i + 4;
  }
  return -1;
}

/**
 * Parses the head of a request.
 *
 * @param length The size of the head in bytes.
 * @throws {SyntaxError | RangeError} If it is invalid.
 */
export function parseHead(text: string, length: number): RequestHead {
  const lines = text.split("\r\n");
  const [, method, target, minor] = /^([A-Z]+) (\S+) HTTP\/1\.([01])$/.exec(lines[0]!) ?? [];
  if (!method || !target) throw new SyntaxError("The request is not HTTP/1.1");
  const headers: Record<string, string> = Object.create(null);
  for (let i = 1; i < lines.length - 2; i++) {
    const line = lines[i]!;
    const colon = line.indexOf(":");
    if (colon < 1) throw new SyntaxError("The header is invalid");
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const size = Number(headers["content-length"] ?? 0);
  if (!Number.isSafeInteger(size) || size < 0 || size > LARGEST_BODY) {
    throw new RangeError("The length of the body is invalid");
  }
  const connection = headers["connection"]?.toLowerCase() ?? "";
  return {
    method,
    path: target.replace(/[?#].*$/, "").replace(/^https?:\/\/[^/]*/, ""),
    headers,
    keepAlive: minor === "1" ? !connection.includes("close") : connection.includes("keep-alive"),
    chunked: headers["transfer-encoding"]?.toLowerCase().includes("chunked") ?? false,
    length,
    total: length + size,
  };
}

/** Reads a chunked body and its end offset; `undefined` until the last chunk was received. */
export function readChunks(
  bytes: Uint8Array,
  start: number,
): { body: string; end: number } | undefined {
  const pieces: string[] = [];
  const text = new TextDecoder();
  for (let at = start;;) {
    const line = bytes.indexOf(10, at);
    if (line < 0) return undefined;
    const size = parseInt(decoder.decode(bytes.subarray(at, line)), 16);
    if (!(size >= 0)) throw new SyntaxError("The chunk is invalid");
    at = line + 1;
    if (size === 0) {
      const end = headLength(bytes.subarray(at - 2));
      if (end < 0) return undefined;
      pieces.push(text.decode());
      return { body: pieces.join(""), end: at - 2 + end };
    }
    if (bytes.length < at + size + 2) return undefined;
    pieces.push(text.decode(bytes.subarray(at, at + size), { stream: true }));
    at += size + 2;
  }
}

/** Returns the length in UTF-8, without a copy for ASCII, the usual case. */
export function byteLength(text: string): number {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 127) return encoder.encode(text).length;
  }
  return text.length;
}
