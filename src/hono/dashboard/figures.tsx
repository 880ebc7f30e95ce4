/** @jsxImportSource hono/jsx */
import { percentiles } from "../../run/percentiles.ts";
import { Chart } from "./chart.tsx";
import { formatCount, formatDollars, formatDuration, formatPercent, formatRate } from "./format.ts";
import { SLOT_MS } from "./history.ts";
import { Fact } from "./layout.tsx";
import type { Html, PageContext } from "./page_context.ts";

/** The figures of all agents together. */
export function KeyFigures({ view: { service, recorder: watch } }: { view: PageContext }): Html {
  const { activity: activity, limiter } = service;
  const sums = { calls: 0, inFlight: 0, failed: 0, tokens: 0, cost: 0 };
  for (const one of activity.agents.values()) {
    sums.calls += one.calls;
    sums.inFlight += one.inFlight;
    sums.tokens += one.inputTokens + one.outputTokens;
    sums.cost += one.cost;
    for (const n of one.failures.values()) sums.failed += n;
  }
  const ended = sums.calls - sums.inFlight;
  const { items } = watch.durations;
  const { p50, p95, p99 } = percentiles(items);
  const time = (ms: number) => items.length === 0 ? "–" : formatDuration(ms);
  return (
    <dl class="figures">
      <Fact name="In flight">{formatCount(sums.inFlight)}</Fact>
      <Fact name="Waiting">{formatCount(limiter.waiting)}</Fact>
      <Fact name="Calls a second">{formatRate(activity.callsPerSecond)}</Fact>
      <Fact name="Calls">{formatCount(sums.calls)}</Fact>
      <Fact name="Succeeded">
        {ended === 0 ? "–" : formatPercent((ended - sums.failed) / ended)}
      </Fact>
      <Fact name="p50">{time(p50)}</Fact>
      <Fact name="p95">{time(p95)}</Fact>
      <Fact name="p99">{time(p99)}</Fact>
      <Fact name="Tokens">{formatCount(sums.tokens)}</Fact>
      <Fact name="Cost">{formatDollars(sums.cost)}</Fact>
    </dl>
  );
}

/** The last minutes. */
export function Charts({ view: { recorder: watch } }: { view: PageContext }): Html {
  const { slots } = watch.history;
  const perSecond = 1_000 / SLOT_MS;
  const of = (what: keyof typeof slots[number], per = 1) => slots.map((slot) => slot[what] * per);
  return (
    <>
      <Chart title="Calls a second" values={of("ended", perSecond)} show={formatRate} />
      <Chart title="In flight" values={of("inFlight")} show={formatCount} />
      <Chart title="Tokens a second" values={of("tokens", perSecond)} show={formatRate} />
      <Chart title={`Cost in ${SLOT_MS / 1000} s`} values={of("cost")} show={formatDollars} />
    </>
  );
}
