import { delay } from "@std/async/delay";
import { ChildAbort } from "../../async/abort.ts";
import type { StreamOwner, WireEvent } from "../event_stream.ts";
import { Problem } from "../problem.ts";
import type { Regions } from "./page_context.ts";

/** After so long the page comes again, and who may not see it any more stays away; in milliseconds. */
const LONGEST = 300_000;
const MOST_VIEWERS = 100;

/** Those who watch. They are no requests for calls: neither the limits nor a shutdown count them. */
export class Viewers {
  readonly #closed: AbortSignal;
  #count = 0;

  /** Nobody, until the signal aborts. */
  constructor(closed: AbortSignal) {
    this.#closed = closed;
  }

  /**
   * One more.
   *
   * @throws {Problem} If there are too many.
   */
  add(): StreamOwner {
    if (this.#count >= MOST_VIEWERS) {
      throw new Problem(503, "busy", "Too many watch the dashboard: try again later", {
        retryAfterMs: 10_000,
      });
    }
    this.#count++;
    const abort = new ChildAbort(this.#closed);
    let isOpen = true;
    return {
      signal: abort.signal,
      get isOpen() {
        return isOpen;
      },
      // It lives until its answer ends, and nobody else ends it.
      keepOpen() {},
      abandon: () => abort.abort(new DOMException("The viewer has gone away", "AbortError")),
      end: () => {
        if (!isOpen) return;
        isOpen = false;
        this.#count--;
        abort[Symbol.dispose]();
      },
    };
  }
}

/** What has changed of a page, again and again: at first all of it. */
export async function* liveUpdates(
  regions: () => Regions,
  { signal, interval }: { readonly signal: AbortSignal; readonly interval: number },
): AsyncGenerator<WireEvent> {
  const shown = new Map<string, string>();
  const until = performance.now() + LONGEST;
  while (!signal.aborted && performance.now() < until) {
    const changed: Record<string, string> = {};
    for (const [id, region] of Object.entries(regions())) {
      const html = String(region);
      if (shown.get(id) === html) continue;
      shown.set(id, html);
      changed[id] = html;
    }
    if (Object.keys(changed).length > 0) yield { event: "regions", data: changed };
    await delay(interval, { signal }).catch(() => {});
  }
}
