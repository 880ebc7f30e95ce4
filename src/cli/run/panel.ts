/** Formats the progress of a run: as a panel for terminals, and as a line for logs. */
import { showDollars, showDuration, showInteger, showRate } from "../format.ts";
import type { Paint } from "../paint.ts";
import type { RunSnapshot } from "./run_stats.ts";

/** Returns the lines of the panel, none wider than the terminal. */
export function panelLines(run: RunSnapshot, width: number, paint: Paint): readonly string[] {
  const { done, total, failed, bad, cutOff = 0, lastError } = run;
  const fraction = fractionDone(run);
  const percent = fraction === undefined ? "" : `${Math.floor(fraction * 100)} %  `;
  const rows = total === undefined
    ? showInteger(done)
    : `${showInteger(done)} / ${formatTotal(run)}`;
  const eta = run.etaMs === undefined ? "" : `  ETA ${showDuration(run.etaMs)}`;
  const barWidth = Math.max(10, Math.min(40, width - 50));
  const filled = fraction === undefined ? 0 : Math.round(fraction * barWidth);
  const bar = "█".repeat(filled) + "░".repeat(barWidth - filled);
  const lines = [
    paint("bold", truncate(run.name, width)),
    truncate(`${bar}  ${percent}${rows}${eta}`, width),
    paint(
      failed + bad + cutOff > 0 ? "yellow" : "green",
      truncate(rowCounts(run).join("   "), width),
    ),
    truncate(usageFigures(run).join("   "), width),
  ];
  if (lastError !== undefined) {
    const { code, count, message } = lastError;
    const text = `last error: ${code} (${showInteger(count)}): ${message}`;
    lines.push(paint("red", truncate(text, width)));
  }
  return lines;
}

/** Returns the progress as one line, for an output that is not a terminal. */
export function plainLine(run: RunSnapshot): string {
  const { total, done, lastError } = run;
  const fraction = fractionDone(run);
  const percent = fraction === undefined ? "" : ` (${Math.floor(fraction * 100)} %)`;
  return [
    total === undefined
      ? `${showInteger(done)} rows`
      : `${showInteger(done)}/${formatTotal(run)} rows${percent}`,
    ...rowCounts(run),
    ...usageFigures(run),
    ...(run.etaMs === undefined ? [] : [`ETA ${showDuration(run.etaMs)}`]),
    ...(lastError === undefined ? [] : [`last error ${lastError.code}`]),
  ].join(" · ");
}

function rowCounts(run: RunSnapshot): readonly string[] {
  const { ok, failed, bad, cached, replayed, cutOff = 0 } = run;
  return [
    `ok ${showInteger(ok)}`,
    `failed ${showInteger(failed)}`,
    ...(bad > 0 ? [`bad ${showInteger(bad)}`] : []),
    ...(cutOff > 0 ? [`cut off ${showInteger(cutOff)}`] : []),
    ...(cached > 0 ? [`cached ${showInteger(cached)}`] : []),
    ...(replayed > 0 ? [`already done ${showInteger(replayed)}`] : []),
  ];
}

function usageFigures(run: RunSnapshot): readonly string[] {
  const { perSecond, inFlight, limit, tokens, cost, projectedCost } = run;
  const total = projectedCost === undefined ? "" : `, about ${showDollars(projectedCost)} in total`;
  return [
    showRate(perSecond),
    `in flight ${showInteger(inFlight)}${limit === undefined ? "" : ` (limit ${limit})`}`,
    `tokens ${showInteger(tokens)}`,
    ...(cost === undefined ? [] : [showDollars(cost) + total]),
  ];
}

/** The share that is shown while a run that seems to have finished all rows goes on. */
const ALMOST_ALL = 0.99;

/** Returns the share of the rows that are finished: 1 only if all are. */
function fractionDone({ done, total, isComplete }: RunSnapshot): number | undefined {
  if (isComplete) return 1;
  return total === undefined || total === 0 ? undefined : Math.min(ALMOST_ALL, done / total);
}

function formatTotal({ total, isTotalEstimated }: RunSnapshot): string {
  return `${isTotalEstimated ? "about " : ""}${showInteger(total!)}`;
}

/** Returns the text as one line of the panel: a line that wraps would not be cleared. */
function truncate(text: string, width: number): string {
  // deno-lint-ignore no-control-regex
  const line = text.replaceAll(/[\x00-\x1f\x7f]+/g, " ");
  const characters = [...line];
  return characters.length < width
    ? line
    : characters.slice(0, Math.max(1, width - 2)).join("") + "…";
}
