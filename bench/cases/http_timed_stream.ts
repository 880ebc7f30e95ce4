/** The answer that comes piece by piece, and a server that gives it by the clock: no model is asked. */

/** An answer that comes piece by piece has so many deltas. */
export const DELTAS = 50;

/** Its text: each delta has four letters. */
export const STREAM_TEXT = Array(DELTAS).fill("word").join("");

/** How the clock goes, for whom no model sets the pace. */
export const pace = { everyMs: 1 };

/** Answers piece by piece. */
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
