/** The text of every stream of the bench, and a response that streams it without a model. */

/** The number of deltas of a stream. */
export const DELTAS = 50;

/** The text of a stream: one word per delta. */
export const STREAM_TEXT = Array(DELTAS).fill("word").join("");

/** The time between two deltas of `timedStream`, in milliseconds; set before each run. */
export const pace = { everyMs: 1 };

/** Returns a response that streams the text, one delta per tick of a timer. */
export function timedStream(): Response {
  const encoder = new TextEncoder();
  let timer: ReturnType<typeof setInterval> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      let n = 0;
      timer = setInterval(() => {
        const data = JSON.stringify({ type: "delta", text: "word" });
        controller.enqueue(encoder.encode(`event: delta\ndata: ${data}\n\n`));
        if (++n < DELTAS) return;
        clearInterval(timer);
        controller.close();
      }, pace.everyMs);
    },
    cancel: () => clearInterval(timer),
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}
