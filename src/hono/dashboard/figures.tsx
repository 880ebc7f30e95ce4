/** @jsxImportSource hono/jsx */
import { percentiles } from "../../run/percentiles.ts";
import { Chart } from "./chart.tsx";
import { formatCount, formatDollars, formatDuration, formatPercent, formatRate } from "./format.ts";
import { SLOT_MS } from "./history.ts";
import { Fact } from "./layout.tsx";
import type { Html, PageContext } from "./page_context.ts";

/** The totals of all agents. */
export function KeyFigures({ context: { service, recorder } }: { context: PageContext }): Html {
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
  return (
    <dl class="figures">
      <Fact name="In flight">{formatCount(sums.inFlight)}</Fact>
      <Fact name="Waiting">{formatCount(limiter.waiting)}</Fact>
      <Fact name="Calls per second">{formatRate(activity.callsPerSecond)}</Fact>
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

/** Charts of the last five minutes. */
export function Charts({ context: { recorder } }: { context: PageContext }): Html {
  const { slots } = recorder.history;
  const perSecond = 1_000 / SLOT_MS;
  const valuesOf = (field: keyof typeof slots[number], per = 1) =>
    slots.map((slot) => slot[field] * per);
  return (
    <>
      <Chart title="Calls per second" values={valuesOf("ended", perSecond)} format={formatRate} />
      <Chart title="In flight" values={valuesOf("inFlight")} format={formatCount} />
      <Chart title="Tokens per second" values={valuesOf("tokens", perSecond)} format={formatRate} />
      <Chart
        title={`Cost per ${SLOT_MS / 1000} s`}
        values={valuesOf("cost")}
        format={formatDollars}
      />
    </>
  );
}
