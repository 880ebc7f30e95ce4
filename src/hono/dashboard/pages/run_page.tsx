/** @jsxImportSource hono/jsx */
import { meaningOf } from "../../public_error.ts";
import { count, dollars, span } from "../format.ts";
import { Empty, Fact, Layout, Moment, Region } from "../layout.tsx";
import { Progress } from "../runs.tsx";
import { Table } from "../table.tsx";
import type { Html, Regions, View } from "../page_context.ts";
import type { WatchedRun } from "../metrics_recorder.ts";

/** What the page of a run keeps up to date. */
export function runRegions(view: View, id: string): Regions {
  const watched = view.watch.run(id);
  if (watched === undefined) return {};
  return { run: <Facts watched={watched} />, calls: <Calls watched={watched} /> };
}

/** A run: how far it is, what it uses, and how its latest calls ended. */
export function RunPage({ view, id }: { view: View; id: string }): Html {
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

function Facts({ watched: { run, endedAt, tokens, cost } }: { watched: WatchedRun }): Html {
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
          ? `in progress for ${span(Math.floor((Date.now() - run.startedAt) / 1000) * 1000)}`
          : `${run.done < run.total ? "broken off" : "ended"} after ${
            span(endedAt - run.startedAt)
          }`}
      </Fact>
      <Fact name="Progress">
        <Progress run={run} />
      </Fact>
      <Fact name="Tokens">{count(tokens)}</Fact>
      <Fact name="Cost">{dollars(cost)}</Fact>
    </dl>
  );
}

function Calls({ watched: { calls } }: { watched: WatchedRun }): Html {
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
            : <code class="bad" title={meaningOf(code)}>{code}</code>,
          span(durationMs),
          count(tokens),
          dollars(cost),
        ],
      }))}
    />
  );
}
