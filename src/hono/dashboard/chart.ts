import { type Html, html } from "./html.ts";

const WIDTH = 240;
const HEIGHT = 48;

/** The content of a chart. */
export interface ChartContent {
  /** The title. */
  readonly title: string;
  /** The values over time. */
  readonly values: readonly number[];
  /** Formats a value. */
  readonly format: (value: number) => string;
}

/** A bar chart of values over time; the last one is still growing. */
export function chart({ title, values, format }: ChartContent): Html {
  const max = Math.max(...values);
  const step = WIDTH / values.length;
  // A single path is much smaller, and cheaper to compare, than an element per bar.
  const bars = values.map((value, i) => {
    const height = max === 0 ? 0 : Math.max(value > 0 ? 1 : 0, value / max * HEIGHT);
    const x = round(i * step);
    return height === 0
      ? ""
      : `M${x} ${HEIGHT}V${round(HEIGHT - height)}H${round(x + step - 1)}V${HEIGHT}Z`;
  });
  const label = `${title}: latest ${format(values.at(-1) ?? 0)}, maximum ${format(max)}`;
  return html`
    <figure class="chart">
      <figcaption><span>${title}</span><span class="max">max. ${format(max)}</span></figcaption>
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img"
        aria-label="${label}">
        <path class="bars" d="${bars.join("")}" />
        <path class="base" d="M0 ${HEIGHT - 0.5}H${WIDTH}" />
      </svg>
    </figure>
  `;
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}
