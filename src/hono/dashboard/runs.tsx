/** @jsxImportSource hono/jsx */
import type { ActiveRun } from "../activity.ts";
import { count, dollars, span } from "./format.ts";
import { Empty, Moment } from "./layout.tsx";
import { Table } from "./table.tsx";
import type { Html, View } from "./page_context.ts";
import type { WatchedRun } from "./metrics_recorder.ts";

const SHOWN = 20;

/** The requests in progress, oldest first: what takes long is what one looks for. */
export function ActiveRuns({ view }: { view: View }): Html {
  const { runs } = view.service.registry;
  if (runs.length === 0) return <Empty>Nothing runs right now.</Empty>;
  return (
    <>
      <Table
        label="Runs in progress"
        columns={["Run", "Agent", "Caller", "Progress", "For#"]}
        rows={runs.slice(0, SHOWN).map((run) => ({
          key: run.id,
          cells: [
            <RunLink view={view} run={run} />,
            run.agent ?? "several",
            run.principal,
            <Progress run={run} />,
            span(Math.floor((Date.now() - run.startedAt) / 1000) * 1000),
          ],
        }))}
      />
      {runs.length > SHOWN && <p class="more">and {count(runs.length - SHOWN)} more</p>}
    </>
  );
}

/** The latest that have ended, newest first. */
export function EndedRuns({ view }: { view: View }): Html {
  const runs = view.watch.ended.slice(0, SHOWN);
  if (runs.length === 0) return <Empty>No run has ended yet.</Empty>;
  return (
    <Table
      label="Latest runs"
      columns={["Run", "Agent", "Caller", "Ended", "Took#", "Calls#", "Failed#", "Cost#"]}
      rows={runs.map((one) => {
        const { run, endedAt, cost } = one;
        return {
          key: run.id,
          cells: [
            <RunLink view={view} run={run} />,
            run.agent ?? "several",
            run.principal,
            <Moment at={endedAt!} />,
            span(endedAt! - run.startedAt),
            <Outcome one={one} />,
            count(run.failed),
            dollars(cost),
          ],
        };
      })}
    />
  );
}

/** How far it has come. */
export function Progress({ run: { done, total, failed } }: { run: ActiveRun }): Html {
  const words = `${count(done)} of ${count(total)}${failed > 0 ? `, ${count(failed)} failed` : ""}`;
  return (
    <span class="progress">
      <progress value={String(done)} max={String(total)} aria-label={words} />
      <span>{words}</span>
    </span>
  );
}

function Outcome({ one: { run } }: { one: WatchedRun }): Html {
  return <>{run.done < run.total ? `${count(run.done)} of ${count(run.total)}` : count(run.done)}
  </>;
}

function RunLink({ view, run: { id, kind } }: { view: View; run: ActiveRun }): Html {
  return (
    <a href={`${view.root}runs/${encodeURIComponent(id)}`}>
      {kind} <code>{id.slice(0, 8)}</code>
    </a>
  );
}
