/**
 * A planned answer, and how it is sent: when the headers go, in which pieces the body follows, and how it all ends.
 */
import type { HttpExchange } from "./http/http_exchange.ts";
import { byteLength } from "./http/http1_parse.ts";

/** What to send and when. */
export interface ResponsePlan {
  status: number;
  headers: Record<string, string>;
  /** The pieces of the body. */
  parts: string[];
  /** Send the length of the body ahead? It is the length of all parts unless `length` says otherwise. */
  whole: boolean;
  length?: number;
  /** Milliseconds before the headers. */
  waitMs: number;
  /** Milliseconds over which the headers trickle. */
  headersMs?: number;
  /** Milliseconds between two parts. */
  intervalMs: number;
  /**
   * After the parts: the end as it should be, a broken connection, silence, or keep-alives for ever. `broken` and
   * `mute` come in the place of the headers.
   */
  ending: "end" | "drop" | "silence" | "keepAlive" | "broken" | "mute";
  /** What keeps alive, and how many milliseconds apart. */
  keepAlive?: { text: string; everyMs: number };
}

/** Sends it. Resolves when all is sent, dropped, or the client is gone. */
export async function sendPlan(
  exchange: HttpExchange,
  plan: ResponsePlan,
  onHead: () => void,
): Promise<void> {
  if (plan.waitMs > 0 && !await exchange.wait(plan.waitMs)) return;
  if (plan.ending === "broken") return exchange.drop();
  if (plan.ending === "mute") return void await exchange.wait(Infinity);
  const body = plan.parts.join("");
  exchange.writeHead(
    plan.status,
    plan.headers,
    plan.whole ? plan.length ?? byteLength(body) : undefined,
  );
  onHead();
  if (plan.headersMs !== undefined && !await exchange.trickle(plan.headersMs)) return;
  const end = plan.ending === "end";
  if (plan.intervalMs === 0) await exchange.write(body, end);
  else await playSlowly(exchange, plan, end);
  if (plan.ending === "drop") exchange.drop();
  else if (plan.ending === "silence") await exchange.wait(Infinity);
  else if (plan.ending === "keepAlive") {
    const { text, everyMs } = plan.keepAlive!;
    while (await exchange.wait(everyMs)) await exchange.write(text, false);
  }
}

/** Each part at its own time, counted from the start, so that late timers do not add up. */
async function playSlowly(exchange: HttpExchange, plan: ResponsePlan, end: boolean): Promise<void> {
  const start = performance.now();
  if (plan.parts.length === 0) await exchange.write("", end);
  for (let i = 0; i < plan.parts.length;) {
    const late = start + i * plan.intervalMs - performance.now();
    if (late > 0 && !await exchange.wait(late)) return;
    // Parts that are due already go together.
    let text = plan.parts[i++]!;
    const due = (performance.now() - start) / plan.intervalMs;
    while (i < plan.parts.length && i <= due) text += plan.parts[i++]!;
    await exchange.write(text, end && i === plan.parts.length);
  }
}
