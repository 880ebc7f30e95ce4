import type { ActiveRun } from "../activity.ts";
import { formatCount, formatDollars, formatDuration } from "./format.ts";
import { type Html, html } from "./html.ts";
import { empty, moment, progressBar } from "./layout.ts";
import type { PageContext } from "./page_context.ts";
import { table } from "./table.ts";

const MAX_ROWS = 20;

/** A table of the runs in progress, oldest first, as slow runs matter most. */
export function activeRuns(context: PageContext): Html {
  const { runs } = context.service.activity;
  if (runs.length === 0) return empty("Nothing is running.");
  const shown = table({
    label: "Runs in progress",
    columns: ["Run", "Agent", "Caller", "Progress", "Running for#"],
    rows: runs.slice(0, MAX_ROWS).map((run) => ({
      key: run.id,
      cells: [
        runLink(context, run),
        run.agent ?? "several",
        run.principal,
        runProgress(run),
        formatDuration(Math.floor((Date.now() - run.startedAt) / 1000) * 1000),
      ],
    })),
  });
  const more = runs.length - MAX_ROWS;
  return html`${shown}${more > 0 && html`<p class="more">and ${formatCount(more)} more</p>`}`;
}

/** A table of the latest runs that have ended, newest first. */
export function endedRuns(context: PageContext): Html {
  const runs = context.recorder.ended.slice(0, MAX_ROWS);
  if (runs.length === 0) return empty("No run has ended yet.");
  return table({
    label: "Recent runs",
    columns: ["Run", "Agent", "Caller", "Ended", "Duration#", "Calls#", "Failed#", "Cost#"],
    rows: runs.map(({ run, endedAt, cost }) => ({
      key: run.id,
      cells: [
        runLink(context, run),
        run.agent ?? "several",
        run.principal,
        moment(endedAt!),
        formatDuration(endedAt! - run.startedAt),
        outcome(run),
        formatCount(run.failed),
        formatDollars(cost),
      ],
    })),
  });
}

/** A progress bar of a run. */
export function runProgress({ done, total, failed }: ActiveRun): Html {
  const failures = failed > 0 ? `, ${formatCount(failed)} failed` : "";
  return progressBar(done, total, `${formatCount(done)} of ${formatCount(total)}${failures}`);
}

function outcome({ done, total }: ActiveRun): string {
  return done < total ? `${formatCount(done)} of ${formatCount(total)}` : formatCount(done);
}

function runLink({ root }: PageContext, { id, kind }: ActiveRun): Html {
  const href = `${root}runs/${encodeURIComponent(id)}`;
  return html`<a href="${href}">${kind} <code>${id.slice(0, 8)}</code></a>`;
}
