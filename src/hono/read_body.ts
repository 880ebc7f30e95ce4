/** Reads the JSON of a request: no more than so many bytes, in no more than so much time. */
import { Timer } from "../async/timer.ts";
import type { Caps } from "./limits.ts";
import { Problem } from "./problem.ts";

/** Deeper than this nobody means it, and what walks through it later may run out of stack. */
const MOST_LEVELS = 100;

/** What was read. */
export interface Body {
  /** The value; `undefined` if the body is empty. */
  readonly value: unknown;
  /** How long the body is. */
  readonly bytes: number;
}

/** How large a body may be, and how slow. */
export type BodyCaps = Pick<Caps, "maxBodyBytes" | "bodyTimeout">;

/**
 * Reads the body.
 *
 * @throws {Problem} If it is too large, too slow, not UTF-8, no JSON or nested too deeply.
 */
export async function readJson(request: Request, caps: BodyCaps): Promise<Body> {
  const bytes = await readBody(request, caps);
  if (bytes.length === 0) return { value: undefined, bytes: 0 };
  const type = request.headers.get("content-type") ?? "";
  // A form of another site cannot send this type without asking first.
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new Problem(
      415,
      "unsupported_media_type",
      "Cannot read the body as its content-type must be application/json",
    );
  }
  const value = parsed(bytes, request);
  refuseDeep(value);
  return { value, bytes: bytes.length };
}

/**
 * Reads the bytes of the body, whatever they mean.
 *
 * @throws {Problem} If it is too large or too slow.
 */
export async function readBody(
  request: Request,
  { maxBodyBytes, bodyTimeout }: BodyCaps,
): Promise<Uint8Array> {
  const { headers } = request;
  const announced = headers.has("content-length") ? Number(headers.get("content-length")) : NaN;
  if (announced > maxBodyBytes) {
    // What is on its way need not be read.
    await request.body?.cancel().catch(() => {});
    throw tooLarge(maxBodyBytes);
  }
  // A server hands on no more than was announced. Read at once, and without a stream, that costs half.
  const bytes = announced >= 0
    ? await readWhole(request, bodyTimeout)
    : await readBytes(request.body, maxBodyBytes, bodyTimeout);
  if (bytes.length > maxBodyBytes) throw tooLarge(maxBodyBytes);
  return bytes;
}

function readWhole(request: Request, timeout: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const over = (): void => reject(tooSlow(timeout));
    const timer = new Timer(timeout, { onTimeout: over });
    // What comes after that is read by nobody: it ends with the connection.
    request.arrayBuffer().then(
      (bytes) => {
        timer.cancel();
        resolve(new Uint8Array(bytes));
      },
      (error) => {
        timer.cancel();
        reject(brokenOff(error));
      },
    );
  });
}

async function readBytes(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  timeout: number,
): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  let late = false;
  const over = (): void => {
    late = true;
    reader.cancel().catch(() => {});
  };
  const timer = new Timer(timeout, { onTimeout: over });
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (late) throw tooSlow(timeout);
      if (done) break;
      size += value.length;
      if (size > maxBytes) {
        await reader.cancel().catch(() => {});
        throw tooLarge(maxBytes);
      }
      chunks.push(value);
    }
  } catch (error) {
    throw error instanceof Problem ? error : brokenOff(error);
  } finally {
    timer.cancel();
  }
  if (chunks.length === 1) return chunks[0]!;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function parsed(bytes: Uint8Array, { headers }: Request): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    // What is compressed is hardly ever UTF-8; a few bytes that become a gigabyte are not for here.
    if (headers.has("content-encoding")) {
      throw new Problem(
        415,
        "unsupported_media_type",
        "Cannot read the body as it must not be compressed",
        { headers: { "accept-encoding": "identity" } },
      );
    }
    throw new Problem(400, "invalid_json", "Cannot read the body as it must be UTF-8");
  }
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes what was sent.
    throw new Problem(400, "invalid_json", "Cannot read the body as it must be JSON");
  }
}

/** Level by level, so that it needs no stack itself. */
function refuseDeep(value: unknown): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MOST_LEVELS) {
      throw new Problem(
        400,
        "invalid_json",
        `Cannot read the body as it must not be nested deeper than ${MOST_LEVELS} levels`,
      );
    }
    const next: unknown[] = [];
    for (const one of level) {
      if (typeof one !== "object" || one === null) continue;
      for (const child of Object.values(one)) {
        if (typeof child === "object" && child !== null) next.push(child);
      }
    }
    level = next;
  }
}

function tooSlow(timeout: number): Problem {
  return new Problem(408, "body_timeout", `The body did not arrive within ${timeout} ms`);
}

function brokenOff(cause: unknown): Problem {
  return new Problem(400, "invalid_json", "Cannot read the body as it broke off", { cause });
}

function tooLarge(maxBytes: number): Problem {
  return new Problem(
    413,
    "body_too_large",
    `Cannot read the body as it must not be larger than ${maxBytes} bytes`,
  );
}
