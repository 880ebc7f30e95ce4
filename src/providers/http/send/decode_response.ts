import type { BodyDecoder } from "./undici/decode_body.ts";

/**
 * Returns a response with a body that is decompressed at the pace of its reader. Bun's `fetch`
 * would decompress all that has arrived, of any size, into memory.
 */
export async function decodeResponse(response: Response): Promise<Response> {
  const encoding = response.headers.get("content-encoding");
  if (encoding === null || response.body === null) return response;
  const { createDecoder } = await import("./undici/decode_body.ts");
  const source = response.body.getReader();
  let decoder: BodyDecoder | undefined;
  let drained = Promise.withResolvers<void>();
  const { status, statusText, headers } = response;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      decoder = createDecoder(encoding, {
        onChunk(chunk) {
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) decoder?.pause();
        },
        onEnd: () => controller.close(),
        onError(error) {
          source.cancel().catch(() => {});
          controller.error(error);
        },
        onDrain: () => drained.resolve(),
      });
      // An encoding that is none: the body is as it came.
      if (decoder === undefined) return;
      write(decoder).catch((thrown) => controller.error(thrown));
    },
    async pull(controller) {
      if (decoder !== undefined) return void decoder.resume();
      const { value, done } = await source.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel(reason) {
      decoder?.destroy();
      drained.resolve();
      return source.cancel(reason);
    },
  });

  async function write(decoder: BodyDecoder): Promise<void> {
    for (;;) {
      const { value, done } = await source.read();
      if (done) return void decoder.end();
      drained = Promise.withResolvers();
      if (!decoder.write(value)) await drained.promise;
    }
  }

  const passed = new Headers(headers);
  passed.delete("content-encoding");
  passed.delete("content-length");
  return new Response(body, { status, statusText, headers: passed });
}
