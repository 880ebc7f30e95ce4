import type { RunSnapshot } from "./run_stats.ts";
import { formatDollars, formatDuration, formatInteger, formatRate } from "../format.ts";

/** Colours, or none. */
export type Paint = (colour: "red" | "green" | "yellow" | "dim" | "bold", text: string) => string;

const CODES = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const;

/** Colours for a terminal that wants them. */
export function createPaint(colours: boolean): Paint {
  return (colour, text) => colours ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;
}

/** The lines of the panel, none wider than the terminal. */
export function panelLines(view: RunSnapshot, width: number, paint: Paint): readonly string[] {
  const { done, total, failed, bad, cached, replayed, lastError } = view;
  const share = fractionDone(view);
  const percent = share === undefined ? "" : `${Math.floor(share * 100)} %  `;
  const of = total === undefined
    ? formatInteger(done)
    : `${formatInteger(done)} / ${formatTotal(view)}`;
  const eta = view.etaMs === undefined ? "" : `  ETA ${formatDuration(view.etaMs)}`;
  const bar = Math.max(10, Math.min(40, width - 50));
  const filled = share === undefined ? 0 : Math.round(share * bar);
  const lines: [string, (text: string) => string][] = [
    [view.name, (text) => paint("bold", text)],
    [
      `${"█".repeat(filled)}${"░".repeat(bar - filled)}  ${percent}${of}${eta}`,
      (text) => text,
    ],
    [
      [
        `ok ${formatInteger(view.ok)}`,
        `failed ${formatInteger(failed)}`,
        ...(bad > 0 ? [`bad ${formatInteger(bad)}`] : []),
        `cached ${formatInteger(cached)}`,
        ...(replayed > 0 ? [`from before ${formatInteger(replayed)}`] : []),
      ].join("   "),
      (text) => failed + bad > 0 ? paint("yellow", text) : paint("green", text),
    ],
    [
      [
        formatRate(view.perSecond),
        `in flight ${formatInteger(view.inFlight)}${
          view.limit === undefined ? "" : ` (limit ${view.limit})`
        }`,
        `tokens ${formatInteger(view.tokens)}`,
        ...formatCost(view),
      ].join("   "),
      (text) => text,
    ],
  ];
  if (lastError !== undefined) {
    const { code, count, message } = lastError;
    lines.push([
      `last error: ${code} (${formatInteger(count)}): ${message}`,
      (text) => paint("red", text),
    ]);
  }
  return lines.map(([text, painted]) => painted(truncate(text, width)));
}

/** The same in a line, for what is no terminal. */
export function plainLine(view: RunSnapshot): string {
  const { total, done, failed, bad, replayed, cached, lastError } = view;
  const share = fractionDone(view);
  return [
    total === undefined
      ? `${formatInteger(done)} rows`
      : `${formatInteger(done)}/${formatTotal(view)} rows${
        share === undefined ? "" : ` (${Math.floor(share * 100)} %)`
      }`,
    `ok ${formatInteger(view.ok)}`,
    `failed ${formatInteger(failed)}`,
    ...(bad > 0 ? [`bad ${formatInteger(bad)}`] : []),
    ...(cached > 0 ? [`cached ${formatInteger(cached)}`] : []),
    ...(replayed > 0 ? [`from before ${formatInteger(replayed)}`] : []),
    formatRate(view.perSecond),
    `in flight ${formatInteger(view.inFlight)}${
      view.limit === undefined ? "" : ` (limit ${view.limit})`
    }`,
    `tokens ${formatInteger(view.tokens)}`,
    ...formatCost(view),
    ...(view.etaMs === undefined ? [] : [`ETA ${formatDuration(view.etaMs)}`]),
    ...(lastError === undefined ? [] : [`last error ${lastError.code}`]),
  ].join(" · ");
}

function fractionDone({ done, total }: RunSnapshot): number | undefined {
  return total === undefined || total === 0 ? undefined : Math.min(1, done / total);
}

function formatTotal(view: RunSnapshot): string {
  return `${view.isTotalEstimated ? "about " : ""}${formatInteger(view.total!)}`;
}

function formatCost({ cost, projectedCost: projected }: RunSnapshot): readonly string[] {
  if (cost === undefined) return [];
  return [
    formatDollars(cost) +
    (projected === undefined ? "" : `, about ${formatDollars(projected)} in all`),
  ];
}

/** What would take a second line would stay behind when the panel is drawn again. */
function truncate(text: string, width: number): string {
  // deno-lint-ignore no-control-regex
  const line = text.replaceAll(/[\x00-\x1f\x7f]+/g, " ");
  const letters = [...line];
  return letters.length < width ? line : letters.slice(0, Math.max(1, width - 2)).join("") + "…";
}
