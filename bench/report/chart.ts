/** Charts as SVG, in light or dark colours as the reader prefers. */
import { cellText } from "./table.ts";

/** A line of a chart. */
export interface Series {
  readonly name: string;
  /** Pairs of x and y, both above 0. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Lines over two logarithmic axes. */
export interface LineChart {
  /** The name of its file, without extension. */
  readonly name: string;
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
}

/** Bars with names, from 0. */
export interface BarChart {
  readonly name: string;
  readonly title: string;
  /** The label of the axis. */
  readonly x: string;
  readonly bars: readonly { readonly name: string; readonly value: number }[];
}

export type Chart = LineChart | BarChart;

const WIDTH = 720;
const HEIGHT = 400;
const LEFT = 70;
const RIGHT = 200;
const TOP = 44;
const BOTTOM = 52;

/** Returns the chart as SVG. */
export function renderChart(chart: Chart): string {
  return "series" in chart ? lineSvg(chart) : barSvg(chart);
}

function lineSvg({ title, x, y, series }: LineChart): string {
  const points = series.flatMap(({ points }) => points);
  if (points.length === 0) return svg(title, HEIGHT, []);
  const across = logScale(points.map(([x]) => x), LEFT, WIDTH - RIGHT);
  const up = logScale(points.map(([, y]) => y), HEIGHT - BOTTOM, TOP);
  const grid = [
    ...across.ticks.map((tick) =>
      line(across.at(tick), TOP, across.at(tick), HEIGHT - BOTTOM) +
      text(across.at(tick), HEIGHT - BOTTOM + 18, cellText(tick), "middle")
    ),
    ...up.ticks.map((tick) =>
      line(LEFT, up.at(tick), WIDTH - RIGHT, up.at(tick)) +
      text(LEFT - 8, up.at(tick) + 4, cellText(tick), "end")
    ),
  ];
  const shapes = series.map(({ name, points }, i) => {
    const at = points.map(([x, y]) => [across.at(x), up.at(y)] as const);
    const path = at.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
    const dots = at.map(([x, y]) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="4"/>`);
    const legend = TOP + 10 + i * 22;
    return `<g class="c${i % 6}"><polyline points="${path}"/>${dots.join("")}` +
      `<circle cx="${WIDTH - RIGHT + 24}" cy="${legend}" r="5"/></g>` +
      text(WIDTH - RIGHT + 36, legend + 4, name, "start");
  });
  const names = text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, x, "middle") +
    `<text transform="rotate(-90)" x="${
      -(TOP + HEIGHT - BOTTOM) / 2
    }" y="18" text-anchor="middle">${escape(y)}</text>`;
  return svg(title, HEIGHT, [...grid, ...shapes, names]);
}

function barSvg({ title, x, bars }: BarChart): string {
  const height = TOP + bars.length * 30 + 34;
  const left = 250;
  const max = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const shapes = bars.map(({ name, value }, i) => {
    const top = TOP + i * 30;
    const width = value / max * (WIDTH - left - 90);
    return text(left - 10, top + 15, name, "end") +
      `<rect class="c0" x="${left}" y="${top}" width="${width.toFixed(1)}" height="20" rx="2"/>` +
      text(left + width + 8, top + 15, cellText(value), "start");
  });
  return svg(title, height, [...shapes, text(left, height - 12, x, "start")]);
}

/**
 * Returns a logarithmic scale, whose ends are 1, 2 or 5 times a power of ten. Over more than two
 * decades, only powers of ten have ticks.
 */
export function logScale(
  values: readonly number[],
  from: number,
  to: number,
): { at(value: number): number; ticks: number[] } {
  const round = roundNumbers(Math.min(...values), Math.max(...values));
  const [low, high] = [round[0]!, round.at(-1)!];
  const decades = Math.log10(high / low);
  return {
    at: (value) => from + Math.log10(value / low) / decades * (to - from),
    ticks: round.filter((tick) => decades <= 2 || tick.toExponential().startsWith("1e")),
  };
}

/**
 * Returns those of 1, 2, 5, 10, 20, … that span `min` to `max`, at min two, from the last one not
 * above `min` to the first one not below `max`.
 */
function roundNumbers(min: number, max: number): number[] {
  const all: number[] = [];
  // One power lower, as the logarithm of a value just below a power of ten may be rounded up.
  const lowest = Math.floor(Math.log10(min)) - 1;
  for (let power = lowest; all.length < 6 || all.at(-1)! < max; power++) {
    for (const step of [1, 2, 5]) all.push(Number(`${step}e${power}`));
  }
  const first = all.findLastIndex((value) => value <= min);
  const last = Math.max(all.findIndex((value) => value >= max), first + 1);
  return all.slice(first, last + 1);
}

function svg(title: string, height: number, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>${escape(title)}</title>
<style>
svg { font: 13px system-ui, sans-serif; background: #fff }
text { fill: #24292f }
.title { font-weight: 600; font-size: 15px }
line { stroke: #d0d7de }
polyline { fill: none; stroke-width: 2.5 }
${COLOURS.map(([light], i) => colour(i, light)).join("\n")}
@media (prefers-color-scheme: dark) {
svg { background: #0d1117 }
text { fill: #e6edf3 }
line { stroke: #30363d }
${COLOURS.map(([, dark], i) => colour(i, dark)).join("\n")}
}
</style>
<text class="title" x="16" y="24">${escape(title)}</text>
${parts.join("\n")}
</svg>
`;
}

/** Colours for light and dark backgrounds, distinguishable with colour blindness. */
const COLOURS = [
  ["#0969da", "#58a6ff"],
  ["#bc4c00", "#f0883e"],
  ["#1a7f37", "#3fb950"],
  ["#8250df", "#bc8cff"],
  ["#9a6700", "#d29922"],
  ["#57606a", "#8b949e"],
] as const;

function colour(i: number, value: string): string {
  return `.c${i} polyline { stroke: ${value} } .c${i} circle, rect.c${i} { fill: ${value} }`;
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map((value) => value.toFixed(1));
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}"/>`;
}

function text(x: number, y: number, content: string, anchor: "start" | "middle" | "end"): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${
    escape(content)
  }</text>`;
}

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
