/** @jsxImportSource hono/jsx */
import { describeErrorCode } from "../../public_error.ts";
import { formatCount, formatDollars, formatDuration } from "../format.ts";
import { Empty, Fact, Layout, Moment, Region } from "../layout.tsx";
import { RunProgress } from "../runs.tsx";
import { Table } from "../table.tsx";
import type { Html, PageContext, Regions } from "../page_context.ts";
import type { RecordedRun } from "../metrics_recorder.ts";

/** Returns the live regions of a run's page. */
export function runRegions(context: PageContext, id: string): Regions {
  const recorded = context.recorder.run(id);
  if (recorded === undefined) return {};
  return { run: <Facts recorded={recorded} />, calls: <Calls recorded={recorded} /> };
}

/** The page of a run: its progress, its usage and its latest calls. */
export function RunPage({ context, id }: { context: PageContext; id: string }): Html {
  const regions = runRegions(context, id);
  return (
    <Layout
      context={context}
      heading={`Run ${id.slice(0, 8)}`}
      events={`events?run=${encodeURIComponent(id)}`}
    >
      <Region id="run" title="Run">{regions.run}</Region>
      <Region id="calls" title="Recent calls">{regions.calls}</Region>
    </Layout>
  );
}

function Facts({ recorded: { run, endedAt, tokens, cost } }: { recorded: RecordedRun }): Html {
  return (
    <dl class="facts">
      <Fact name="ID">
        <code>{run.id}</code>
      </Fact>
      <Fact name="Kind">{run.kind}</Fact>
      <Fact name="Agent">{run.agent ?? "several"}</Fact>
      <Fact name="Caller">{run.principal}</Fact>
      <Fact name="Started">
        <Moment at={run.startedAt} />
      </Fact>
      <Fact name="State">
        {endedAt === undefined
          ? `in progress for ${
            formatDuration(Math.floor((Date.now() - run.startedAt) / 1000) * 1000)
          }`
          : `${run.done < run.total ? "aborted" : "ended"} after ${
            formatDuration(endedAt - run.startedAt)
          }`}
      </Fact>
      <Fact name="Progress">
        <RunProgress run={run} />
      </Fact>
      <Fact name="Tokens">{formatCount(tokens)}</Fact>
      <Fact name="Cost">{formatDollars(cost)}</Fact>
    </dl>
  );
}

function Calls({ recorded: { calls } }: { recorded: RecordedRun }): Html {
  const latest = calls.items.toReversed();
  if (latest.length === 0) return <Empty>No call has ended yet.</Empty>;
  return (
    <Table
      label="Recent calls"
      columns={["Ended", "Agent", "Outcome", "Duration#", "Tokens#", "Cost#"]}
      rows={latest.map(({ at, agent, code, durationMs, tokens, cost }) => ({
        key: `${at} ${durationMs}`,
        cells: [
          <Moment at={at} />,
          agent,
          code === undefined
            ? <span class="good">ok</span>
            : <code class="bad" title={describeErrorCode(code)}>{code}</code>,
          formatDuration(durationMs),
          formatCount(tokens),
          formatDollars(cost),
        ],
      }))}
    />
  );
}
