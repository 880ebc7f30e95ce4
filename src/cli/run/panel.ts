import type { View } from "./run_stats.ts";
import { dollars, integer, rate, span } from "../format.ts";

/** Colours, or none. */
export type Paint = (colour: "red" | "green" | "yellow" | "dim" | "bold", text: string) => string;

const CODES = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const;

/** Colours for a terminal that wants them. */
export function painter(colours: boolean): Paint {
  return (colour, text) => colours ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;
}

/** The lines of the panel, none wider than the terminal. */
export function panelLines(view: View, width: number, paint: Paint): readonly string[] {
  const { done, total, failed, bad, cached, replayed, lastError } = view;
  const share = shareOf(view);
  const percent = share === undefined ? "" : `${Math.floor(share * 100)} %  `;
  const of = total === undefined ? integer(done) : `${integer(done)} / ${about(view)}`;
  const eta = view.etaMs === undefined ? "" : `  ETA ${span(view.etaMs)}`;
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
        `ok ${integer(view.ok)}`,
        `failed ${integer(failed)}`,
        ...(bad > 0 ? [`bad ${integer(bad)}`] : []),
        `cached ${integer(cached)}`,
        ...(replayed > 0 ? [`from before ${integer(replayed)}`] : []),
      ].join("   "),
      (text) => failed + bad > 0 ? paint("yellow", text) : paint("green", text),
    ],
    [
      [
        rate(view.perSecond),
        `in flight ${integer(view.inFlight)}${
          view.limit === undefined ? "" : ` (limit ${view.limit})`
        }`,
        `tokens ${integer(view.tokens)}`,
        ...costOf(view),
      ].join("   "),
      (text) => text,
    ],
  ];
  if (lastError !== undefined) {
    const { code, count, message } = lastError;
    lines.push([
      `last error: ${code} (${integer(count)}): ${message}`,
      (text) => paint("red", text),
    ]);
  }
  return lines.map(([text, painted]) => painted(cut(text, width)));
}

/** The same in a line, for what is no terminal. */
export function plainLine(view: View): string {
  const { total, done, failed, bad, replayed, cached, lastError } = view;
  const share = shareOf(view);
  return [
    total === undefined
      ? `${integer(done)} rows`
      : `${integer(done)}/${about(view)} rows${
        share === undefined ? "" : ` (${Math.floor(share * 100)} %)`
      }`,
    `ok ${integer(view.ok)}`,
    `failed ${integer(failed)}`,
    ...(bad > 0 ? [`bad ${integer(bad)}`] : []),
    ...(cached > 0 ? [`cached ${integer(cached)}`] : []),
    ...(replayed > 0 ? [`from before ${integer(replayed)}`] : []),
    rate(view.perSecond),
    `in flight ${integer(view.inFlight)}${
      view.limit === undefined ? "" : ` (limit ${view.limit})`
    }`,
    `tokens ${integer(view.tokens)}`,
    ...costOf(view),
    ...(view.etaMs === undefined ? [] : [`ETA ${span(view.etaMs)}`]),
    ...(lastError === undefined ? [] : [`last error ${lastError.code}`]),
  ].join(" · ");
}

function shareOf({ done, total }: View): number | undefined {
  return total === undefined || total === 0 ? undefined : Math.min(1, done / total);
}

function about(view: View): string {
  return `${view.about ? "about " : ""}${integer(view.total!)}`;
}

function costOf({ cost, projected }: View): readonly string[] {
  if (cost === undefined) return [];
  return [dollars(cost) + (projected === undefined ? "" : `, about ${dollars(projected)} in all`)];
}

/** What would take a second line would stay behind when the panel is drawn again. */
function cut(text: string, width: number): string {
  // deno-lint-ignore no-control-regex
  const line = text.replaceAll(/[\x00-\x1f\x7f]+/g, " ");
  const letters = [...line];
  return letters.length < width ? line : letters.slice(0, Math.max(1, width - 2)).join("") + "…";
}
