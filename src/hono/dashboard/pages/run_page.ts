import { describeErrorCode } from "../../public_error.ts";
import { formatCount, formatDollars, formatDuration } from "../format.ts";
import { type Html, html } from "../html.ts";
import { empty, fact, layout, moment, region } from "../layout.ts";
import type { RecordedRun } from "../metrics_recorder.ts";
import type { PageContext, Regions } from "../page_context.ts";
import { runProgress } from "../runs.ts";
import { table } from "../table.ts";

/** Returns the live regions of a run's page. */
export function runRegions(context: PageContext, id: string): Regions {
  const recorded = context.recorder.run(id);
  if (recorded === undefined) return {};
  return { run: facts(recorded), calls: callTable(recorded) };
}

/** The page of a run: its progress, its usage and its latest calls. */
export function runPage(context: PageContext, id: string): Html {
  const regions = runRegions(context, id);
  const content = html`${region("run", "Run", regions.run)}
${region("calls", "Recent calls", regions.calls)}`;
  return layout({
    context,
    heading: `Run ${id.slice(0, 8)}`,
    events: `events?run=${encodeURIComponent(id)}`,
    content,
  });
}

function facts({ run, endedAt, tokens, cost }: RecordedRun): Html {
  const state = endedAt === undefined
    ? `in progress for ${formatDuration(Math.floor((Date.now() - run.startedAt) / 1000) * 1000)}`
    : `${run.done < run.total ? "aborted" : "ended"} after ${
      formatDuration(endedAt - run.startedAt)
    }`;
  return html`<dl class="facts">${[
    fact("ID", html`<code>${run.id}</code>`),
    ...(run.requestId === undefined ? [] : [fact("Request", html`<code>${run.requestId}</code>`)]),
    fact("Kind", run.kind),
    fact("Agent", run.agent ?? "several"),
    fact("Caller", run.principal),
    fact("Started", moment(run.startedAt)),
    fact("State", state),
    fact("Progress", runProgress(run)),
    fact("Tokens", formatCount(tokens)),
    fact("Cost", formatDollars(cost)),
  ]}</dl>`;
}

function callTable({ calls }: RecordedRun): Html {
  const latest = calls.items.toReversed();
  if (latest.length === 0) return empty("No call has ended yet.");
  return table({
    label: "Recent calls",
    columns: ["Ended", "Agent", "Outcome", "Duration#", "Tokens#", "Cost#"],
    rows: latest.map(({ at, agent, code, durationMs, tokens, cost }) => ({
      key: `${at} ${durationMs}`,
      cells: [
        moment(at),
        agent,
        code === undefined
          ? html`<span class="good">ok</span>`
          : html`<code class="bad" title="${describeErrorCode(code)}">${code}</code>`,
        formatDuration(durationMs),
        formatCount(tokens),
        formatDollars(cost),
      ],
    })),
  });
}
