/** Reads request bodies, limited in size, duration and nesting. */
import { Timer } from "../async/timer.ts";
import { parseExact } from "../model/exact_json.ts";
import type { ResolvedLimits } from "./limits.ts";
import { Problem } from "./problem.ts";

/** The maximum depth: code that walks deeper values recursively may overflow the stack. */
const MAX_DEPTH = 100;

/** The JSON of a body. */
export interface JsonBody {
  /** The value; `undefined` if the body is empty. */
  readonly value: unknown;
  /** The body as it was sent. */
  readonly bytes: Uint8Array;
}

/** The limits of a body. */
export type BodyLimits = Pick<ResolvedLimits, "maxBodyBytes" | "bodyTimeout">;

/** Parses JSON. */
type Parse = (text: string) => unknown;

/**
 * Reads the body and parses it as JSON.
 *
 * @param parse Parses the text. By default, the numbers of parameters keep their digits.
 * @throws {Problem} If it is too large, too slow, not UTF-8, not JSON or nested too deeply.
 */
export async function readJsonBody(
  request: Request,
  limits: BodyLimits,
  parse: Parse = parseExact,
): Promise<JsonBody> {
  const bytes = await readBody(request, limits);
  if (bytes.length === 0) return { value: undefined, bytes };
  const type = request.headers.get("content-type") ?? "";
  // A form of another site cannot send this type without a CORS preflight.
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new Problem(
      415,
      "unsupported_media_type",
      "Cannot read the body as its Content-Type must be application/json",
    );
  }
  const value = parseJson(bytes, request, parse);
  rejectDeepNesting(value);
  return { value, bytes };
}

/**
 * Reads the bytes of the body.
 *
 * @throws {Problem} If it is too large or too slow.
 */
export async function readBody(
  request: Request,
  { maxBodyBytes, bodyTimeout }: BodyLimits,
): Promise<Uint8Array> {
  const { headers } = request;
  const announced = headers.has("content-length") ? Number(headers.get("content-length")) : NaN;
  if (announced > maxBodyBytes) {
    // The body need not be read.
    await request.body?.cancel().catch(() => {});
    throw bodyTooLarge(maxBodyBytes);
  }
  // Servers pass on at most the announced length, so it is safe to read all at once. That costs
  // half as much as a stream.
  const bytes = announced >= 0
    ? await readWhole(request, bodyTimeout)
    : await readBytes(request.body, maxBodyBytes, bodyTimeout);
  if (bytes.length > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
  return bytes;
}

function readWhole(request: Request, timeout: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const onTimeout = (): void => reject(bodyTimeoutProblem(timeout));
    const timer = new Timer(timeout, { onTimeout });
    // After a timeout the rest stays unread and ends with the connection.
    request.arrayBuffer().then(
      (bytes) => {
        timer.cancel();
        resolve(new Uint8Array(bytes));
      },
      (error) => {
        timer.cancel();
        reject(incompleteBody(error));
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
  let isLate = false;
  const onTimeout = (): void => {
    isLate = true;
    reader.cancel().catch(() => {});
  };
  const timer = new Timer(timeout, { onTimeout });
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (isLate) throw bodyTimeoutProblem(timeout);
      if (done) break;
      size += value.length;
      if (size > maxBytes) {
        await reader.cancel().catch(() => {});
        throw bodyTooLarge(maxBytes);
      }
      chunks.push(value);
    }
  } catch (error) {
    throw error instanceof Problem ? error : incompleteBody(error);
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

function parseJson(bytes: Uint8Array, { headers }: Request, parse: Parse): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    // Compressed data is hardly ever valid UTF-8. It is not supported, as a small body could expand
    // to gigabytes.
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
    return parse(text);
  } catch {
    // The parser's message is left out, as it quotes the body.
    throw new Problem(400, "invalid_json", "Cannot read the body as it must be JSON");
  }
}

/** Walks level by level, not recursively, so that it cannot overflow the stack itself. */
function rejectDeepNesting(value: unknown): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) {
      throw new Problem(
        400,
        "invalid_json",
        `Cannot read the body as it must not be nested deeper than ${MAX_DEPTH} levels`,
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

function bodyTimeoutProblem(timeout: number): Problem {
  return new Problem(
    408,
    "body_timeout",
    `Cannot read the body as it did not arrive within ${timeout} ms`,
  );
}

function incompleteBody(cause: unknown): Problem {
  return new Problem(400, "invalid_json", "Cannot read the body as it is incomplete", { cause });
}

function bodyTooLarge(maxBytes: number): Problem {
  return new Problem(
    413,
    "body_too_large",
    `Cannot read the body as it must not be larger than ${maxBytes} bytes`,
  );
}
