/** @jsxImportSource hono/jsx */
import type { ActiveRun } from "../activity.ts";
import { formatCount, formatDollars, formatDuration } from "./format.ts";
import { Empty, Moment } from "./layout.tsx";
import { Table } from "./table.tsx";
import type { Html, PageContext } from "./page_context.ts";
import type { RecordedRun } from "./metrics_recorder.ts";

const MAX_ROWS = 20;

/** A table of the runs in progress, oldest first, as slow runs matter most. */
export function ActiveRuns({ context }: { context: PageContext }): Html {
  const { runs } = context.service.activity;
  if (runs.length === 0) return <Empty>Nothing is running.</Empty>;
  return (
    <>
      <Table
        label="Runs in progress"
        columns={["Run", "Agent", "Caller", "Progress", "Running for#"]}
        rows={runs.slice(0, MAX_ROWS).map((run) => ({
          key: run.id,
          cells: [
            <RunLink context={context} run={run} />,
            run.agent ?? "several",
            run.principal,
            <RunProgress run={run} />,
            formatDuration(Math.floor((Date.now() - run.startedAt) / 1000) * 1000),
          ],
        }))}
      />
      {runs.length > MAX_ROWS && <p class="more">and {formatCount(runs.length - MAX_ROWS)} more</p>}
    </>
  );
}

/** A table of the latest runs that have ended, newest first. */
export function EndedRuns({ context }: { context: PageContext }): Html {
  const runs = context.recorder.ended.slice(0, MAX_ROWS);
  if (runs.length === 0) return <Empty>No run has ended yet.</Empty>;
  return (
    <Table
      label="Recent runs"
      columns={["Run", "Agent", "Caller", "Ended", "Duration#", "Calls#", "Failed#", "Cost#"]}
      rows={runs.map((one) => {
        const { run, endedAt, cost } = one;
        return {
          key: run.id,
          cells: [
            <RunLink context={context} run={run} />,
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

/** A progress bar of a run. */
export function RunProgress({ run: { done, total, failed } }: { run: ActiveRun }): Html {
  const label = `${formatCount(done)} of ${formatCount(total)}${
    failed > 0 ? `, ${formatCount(failed)} failed` : ""
  }`;
  return (
    <span class="progress">
      <progress value={String(done)} max={String(total)} aria-label={label} />
      <span>{label}</span>
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

function RunLink({ context, run: { id, kind } }: { context: PageContext; run: ActiveRun }): Html {
  return (
    <a href={`${context.root}runs/${encodeURIComponent(id)}`}>
      {kind} <code>{id.slice(0, 8)}</code>
    </a>
  );
}
