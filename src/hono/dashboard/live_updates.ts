import { delay } from "@std/async/delay";
import { ChildAbort } from "../../async/abort.ts";
import type { StreamOwner } from "../stream/event_stream.ts";
import type { WireEvent } from "../stream/wire_format.ts";
import type { Context } from "hono";
import { holdRequest } from "../hold_request.ts";
import { Problem } from "../problem.ts";
import type { Regions } from "./page_context.ts";

/** How long a stream lasts, in milliseconds. Then the page reconnects and is authorized again. */
const MAX_DURATION = 300_000;
const MAX_VIEWERS = 100;

/**
 * Open streams of live updates. They do not count as requests, neither for limits nor at shutdown.
 */
export class Viewers {
  readonly #viewers = new Set<ChildAbort>();
  #isClosed = false;

  /**
   * Adds a viewer.
   *
   * @throws {Problem} If there are too many.
   */
  add(c: Context): StreamOwner {
    if (this.#viewers.size >= MAX_VIEWERS) {
      throw new Problem(503, "busy", "Too many people watch the dashboard: try again later", {
        retryAfterMs: 10_000,
      });
    }
    const viewers = this.#viewers;
    const abort = new ChildAbort();
    viewers.add(abort);
    if (this.#isClosed) abort.abort(closedReason());
    const viewer: StreamOwner = {
      signal: abort.signal,
      get isOpen() {
        return viewers.has(abort);
      },
      // It always stays open until its response ends.
      keepOpen() {},
      abandon: () => abort.abort(new DOMException("The viewer has disconnected", "AbortError")),
      end: () => {
        viewers.delete(abort);
        abort[Symbol.dispose]();
        hold?.[Symbol.dispose]();
      },
    };
    const hold = holdRequest(c, viewer);
    return viewer;
  }

  /** Ends all streams, and those that are added later. */
  close(): void {
    this.#isClosed = true;
    for (const abort of [...this.#viewers]) abort.abort(closedReason());
  }
}

function closedReason(): DOMException {
  return new DOMException("The server is shutting down", "AbortError");
}

/** Yields the regions of a page that have changed, at intervals; at first all regions. */
export async function* liveUpdates(
  regions: () => Regions,
  { signal, interval }: { readonly signal: AbortSignal; readonly interval: number },
): AsyncGenerator<WireEvent> {
  const sent = new Map<string, string>();
  const end = performance.now() + MAX_DURATION;
  while (!signal.aborted && performance.now() < end) {
    const changed: Record<string, string> = {};
    for (const [id, region] of Object.entries(regions())) {
      const html = String(region);
      if (sent.get(id) === html) continue;
      sent.set(id, html);
      changed[id] = html;
    }
    if (Object.keys(changed).length > 0) yield { event: "regions", data: changed };
    await delay(interval, { signal }).catch(() => {});
  }
}
