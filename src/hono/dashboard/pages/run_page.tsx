/** @jsxImportSource hono/jsx */
import { describeErrorCode } from "../../public_error.ts";
import { formatCount, formatDollars, formatDuration } from "../format.ts";
import { Empty, Fact, Layout, Moment, Region } from "../layout.tsx";
import { RunProgress } from "../runs.tsx";
import { Table } from "../table.tsx";
import type { Html, PageContext, Regions } from "../page_context.ts";
import type { RecordedRun } from "../metrics_recorder.ts";

/** What the page of a run keeps up to date. */
export function runRegions(view: PageContext, id: string): Regions {
  const watched = view.recorder.run(id);
  if (watched === undefined) return {};
  return { run: <Facts watched={watched} />, calls: <Calls watched={watched} /> };
}

/** A run: how far it is, what it uses, and how its latest calls ended. */
export function RunPage({ view, id }: { view: PageContext; id: string }): Html {
  const regions = runRegions(view, id);
  return (
    <Layout
      view={view}
      heading={`Run ${id.slice(0, 8)}`}
      events={`events?run=${encodeURIComponent(id)}`}
    >
      <Region id="run" title="The run">{regions.run}</Region>
      <Region id="calls" title="Its latest calls">{regions.calls}</Region>
    </Layout>
  );
}

function Facts({ watched: { run, endedAt, tokens, cost } }: { watched: RecordedRun }): Html {
  return (
    <dl class="facts">
      <Fact name="Id">
        <code>{run.id}</code>
      </Fact>
      <Fact name="Kind">{run.kind}</Fact>
      <Fact name="Agent">{run.agent ?? "several"}</Fact>
      <Fact name="Caller">{run.principal}</Fact>
      <Fact name="Began">
        <Moment at={run.startedAt} />
      </Fact>
      <Fact name="State">
        {endedAt === undefined
          ? `in progress for ${
            formatDuration(Math.floor((Date.now() - run.startedAt) / 1000) * 1000)
          }`
          : `${run.done < run.total ? "broken off" : "ended"} after ${
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

function Calls({ watched: { calls } }: { watched: RecordedRun }): Html {
  const latest = calls.items.toReversed();
  if (latest.length === 0) return <Empty>None of its calls has ended yet.</Empty>;
  return (
    <Table
      label="Latest calls"
      columns={["Ended", "Agent", "Outcome", "Took#", "Tokens#", "Cost#"]}
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
