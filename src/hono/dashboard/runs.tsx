/** @jsxImportSource hono/jsx */
import type { ActiveRun } from "../activity.ts";
import { formatCount, formatDollars, formatDuration } from "./format.ts";
import { Empty, Moment } from "./layout.tsx";
import { Table } from "./table.tsx";
import type { Html, PageContext } from "./page_context.ts";
import type { RecordedRun } from "./metrics_recorder.ts";

const SHOWN = 20;

/** The requests in progress, oldest first: what takes long is what one looks for. */
export function ActiveRuns({ view }: { view: PageContext }): Html {
  const { runs } = view.service.activity;
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
            <RunProgress run={run} />,
            formatDuration(Math.floor((Date.now() - run.startedAt) / 1000) * 1000),
          ],
        }))}
      />
      {runs.length > SHOWN && <p class="more">and {formatCount(runs.length - SHOWN)} more</p>}
    </>
  );
}

/** The latest that have ended, newest first. */
export function EndedRuns({ view }: { view: PageContext }): Html {
  const runs = view.recorder.ended.slice(0, SHOWN);
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
            formatDuration(endedAt! - run.startedAt),
            <Outcome one={one} />,
            formatCount(run.failed),
            formatDollars(cost),
          ],
        };
      })}
    />
  );
}

/** How far it has come. */
export function RunProgress({ run: { done, total, failed } }: { run: ActiveRun }): Html {
  const words = `${formatCount(done)} of ${formatCount(total)}${
    failed > 0 ? `, ${formatCount(failed)} failed` : ""
  }`;
  return (
    <span class="progress">
      <progress value={String(done)} max={String(total)} aria-label={words} />
      <span>{words}</span>
    </span>
  );
}

function Outcome({ one: { run } }: { one: RecordedRun }): Html {
  return (
    <>
      {run.done < run.total
        ? `${formatCount(run.done)} of ${formatCount(run.total)}`
        : formatCount(run.done)}
    </>
  );
}

function RunLink({ view, run: { id, kind } }: { view: PageContext; run: ActiveRun }): Html {
  return (
    <a href={`${view.root}runs/${encodeURIComponent(id)}`}>
      {kind} <code>{id.slice(0, 8)}</code>
    </a>
  );
}
