import { percentiles } from "../../run/percentiles.ts";
import { chart } from "./chart.ts";
import { formatCount, formatDollars, formatDuration, formatPercent, formatRate } from "./format.ts";
import { SLOT_MS } from "./history.ts";
import { type Html, html } from "./html.ts";
import { fact } from "./layout.ts";
import type { PageContext } from "./page_context.ts";

/** The totals of all agents. */
export function keyFigures({ service, recorder }: PageContext): Html {
  const { activity, limiter } = service;
  const sums = { calls: 0, inFlight: 0, failed: 0, tokens: 0, cost: 0 };
  for (const one of activity.agents.values()) {
    sums.calls += one.calls;
    sums.inFlight += one.inFlight;
    sums.tokens += one.inputTokens + one.outputTokens;
    sums.cost += one.cost;
    for (const n of one.failures.values()) sums.failed += n;
  }
  const ended = sums.calls - sums.inFlight;
  const { items } = recorder.durations;
  const { p50, p95, p99 } = percentiles(items);
  const time = (ms: number) => items.length === 0 ? "–" : formatDuration(ms);
  return html`<dl class="figures">${[
    fact("In flight", formatCount(sums.inFlight)),
    fact("Waiting", formatCount(limiter.waiting)),
    fact("Calls per second", formatRate(activity.callsPerSecond)),
    fact("Calls", formatCount(sums.calls)),
    fact("Succeeded", ended === 0 ? "–" : formatPercent((ended - sums.failed) / ended)),
    fact("p50", time(p50)),
    fact("p95", time(p95)),
    fact("p99", time(p99)),
    fact("Tokens", formatCount(sums.tokens)),
    fact("Cost", formatDollars(sums.cost)),
  ]}</dl>`;
}

/** Charts of the last five minutes. */
export function charts({ recorder }: PageContext): Html {
  const { slots } = recorder.history;
  const perSecond = 1_000 / SLOT_MS;
  const valuesOf = (field: keyof typeof slots[number], per = 1) =>
    slots.map((slot) => slot[field] * per);
  return html`${[
    chart({
      title: "Calls per second",
      values: valuesOf("ended", perSecond),
      format: formatRate,
    }),
    chart({ title: "In flight", values: valuesOf("inFlight"), format: formatCount }),
    chart({
      title: "Tokens per second",
      values: valuesOf("tokens", perSecond),
      format: formatRate,
    }),
    chart({
      title: `Cost per ${SLOT_MS / 1000} s`,
      values: valuesOf("cost"),
      format: formatDollars,
    }),
  ]}`;
}
