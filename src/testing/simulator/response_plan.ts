/** A planned response: when its headers and the parts of its body are sent, and how it ends. */
import type { HttpExchange } from "./http/http_exchange.ts";
import { byteLength } from "./http/http1_parse.ts";

/** The plan of a response. */
export interface ResponsePlan {
  status: number;
  headers: Record<string, string>;
  /** The parts of the body. */
  parts: string[];
  /** Whether to send a `content-length`. */
  hasLength: boolean;
  /** The `content-length`, if it is not the length of all parts. */
  length?: number;
  /** Milliseconds until the headers are sent. */
  waitMs: number;
  /** Milliseconds over which the headers are sent slowly. */
  headersMs?: number;
  /** Milliseconds between the parts. */
  intervalMs: number;
  /**
   * What follows the parts: the regular end, a broken connection, nothing, or keep-alives
   * forever. `broken` and `mute` replace even the headers.
   */
  ending: "end" | "drop" | "silence" | "keepAlive" | "broken" | "mute";
  /** The text of a keep-alive, and the interval in milliseconds. */
  keepAlive?: { text: string; everyMs: number };
}

/**
 * Sends a response. Resolves when everything is sent, the connection is broken, or the client has
 * disconnected.
 */
export async function sendPlan(
  exchange: HttpExchange,
  plan: ResponsePlan,
  onHeaders: () => void,
): Promise<void> {
  if (plan.waitMs > 0 && !await exchange.wait(plan.waitMs)) return;
  if (plan.ending === "broken") return exchange.drop();
  if (plan.ending === "mute") return void await exchange.wait(Infinity);
  const body = plan.parts.join("");
  exchange.writeHead(
    plan.status,
    plan.headers,
    plan.hasLength ? plan.length ?? byteLength(body) : undefined,
  );
  onHeaders();
  if (plan.headersMs !== undefined && !await exchange.trickle(plan.headersMs)) return;
  const last = plan.ending === "end" ? "end" : "more";
  if (plan.intervalMs === 0) await exchange.write(body, last);
  else await sendSlowly(exchange, plan, last);
  if (plan.ending === "drop") exchange.drop();
  else if (plan.ending === "silence") await exchange.wait(Infinity);
  else if (plan.ending === "keepAlive") {
    const { text, everyMs } = plan.keepAlive!;
    while (await exchange.wait(everyMs)) await exchange.write(text, "more");
  }
}

/**
 * Sends each part at its time, counted from the start, so that delays of timers do not add up.
 */
async function sendSlowly(
  exchange: HttpExchange,
  plan: ResponsePlan,
  last: "more" | "end",
): Promise<void> {
  const start = performance.now();
  if (plan.parts.length === 0) await exchange.write("", last);
  for (let i = 0; i < plan.parts.length;) {
    const early = start + i * plan.intervalMs - performance.now();
    if (early > 0 && !await exchange.wait(early)) return;
    // Parts that are already due are sent together.
    let text = plan.parts[i++]!;
    const due = (performance.now() - start) / plan.intervalMs;
    while (i < plan.parts.length && i <= due) text += plan.parts[i++]!;
    await exchange.write(text, i === plan.parts.length ? last : "more");
  }
}
