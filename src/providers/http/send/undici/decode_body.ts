/** Decompresses bodies. Servers may compress them although the requests accept no compression. */
import type { Transform } from "node:stream";
import zlib from "node:zlib";

/** Receives a decoded body. */
export interface BodyReceiver {
  /** Called with each chunk. */
  onChunk(chunk: Uint8Array): void;
  /** Called at the end. */
  onEnd(): void;
  /** Called when the decoder takes chunks again. */
  onDrain(): void;
  /** Called instead of {@linkcode onEnd} if the body cannot be decoded. */
  onError(error: Error): void;
}

/** Takes the encoded chunks. */
export interface BodyDecoder {
  /** Takes a chunk. Returns whether it takes more before it calls `onDrain`. */
  write(chunk: Uint8Array): boolean;
  end(): unknown;
  destroy(): unknown;
  /** Stops passing on decoded chunks. */
  pause(): unknown;
  /** Continues. */
  resume(): unknown;
}

/** Like `fetch`, decodes all that has arrived of a body that is cut off. */
const GZIP = { flush: zlib.constants.Z_SYNC_FLUSH, finishFlush: zlib.constants.Z_SYNC_FLUSH };
const BROTLI = {
  flush: zlib.constants.BROTLI_OPERATION_FLUSH,
  finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH,
};

const DECODERS: Readonly<Record<string, (() => Transform) | undefined>> = {
  "gzip": () => zlib.createGunzip(GZIP),
  "x-gzip": () => zlib.createGunzip(GZIP),
  "deflate": () => zlib.createInflate(GZIP),
  "br": () => zlib.createBrotliDecompress(BROTLI),
  // Node has it from 22.15 on.
  ...("createZstdDecompress" in zlib && { "zstd": () => zlib.createZstdDecompress() }),
};

/** The maximum number of encodings of one body. */
const MAX_ENCODINGS = 5;

/**
 * Creates the decoder of a body.
 *
 * @param encoding The header `content-encoding`.
 * @returns `undefined` if the body is not encoded, or an encoding is unknown: servers also send the
 * character set. `fetch` does the same.
 * @throws {Error} If it has too many encodings.
 */
export function createDecoder(encoding: string, receiver: BodyReceiver): BodyDecoder | undefined {
  const names = encoding.toLowerCase().split(",").map((name) => name.trim())
    .filter((name) => name !== "" && name !== "identity");
  if (names.length === 0 || names.some((name) => DECODERS[name] === undefined)) return undefined;
  if (names.length > MAX_ENCODINGS) throw new Error("the response has too many encodings");
  // The last encoding was applied last.
  const decoders = names.reverse().map((name) => DECODERS[name]!());
  const onError = () => {
    for (const decoder of decoders) decoder.destroy();
    receiver.onError(new Error("the response cannot be decompressed"));
  };
  for (const [i, decoder] of decoders.entries()) {
    decoder.on("error", onError);
    if (i > 0) decoders[i - 1]!.pipe(decoder);
  }
  const last = decoders.at(-1)!;
  last.on("data", (chunk) => receiver.onChunk(chunk)).on("end", () => receiver.onEnd());
  decoders[0]!.on("drain", () => receiver.onDrain());
  return {
    pause: () => last.pause(),
    resume: () => last.resume(),
    write: (chunk) => decoders[0]!.write(chunk),
    end: () => decoders[0]!.end(),
    destroy() {
      for (const decoder of decoders) decoder.destroy();
    },
  };
}
