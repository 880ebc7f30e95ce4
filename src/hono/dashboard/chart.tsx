/** @jsxImportSource hono/jsx */
import type { Html } from "./page_context.ts";

const WIDTH = 240;
const HEIGHT = 48;

/** Values over time, as bars; the last one is not over yet. */
export function Chart(
  { title, values, show }: {
    title: string;
    values: readonly number[];
    /** Writes a value. */
    show: (value: number) => string;
  },
): Html {
  const most = Math.max(...values);
  const step = WIDTH / values.length;
  // One path is far less to send and to compare than a bar each.
  const bars = values.map((value, i) => {
    const height = most === 0 ? 0 : Math.max(value > 0 ? 1 : 0, value / most * HEIGHT);
    const x = round(i * step);
    return height === 0
      ? ""
      : `M${x} ${HEIGHT}V${round(HEIGHT - height)}H${round(x + step - 1)}V${HEIGHT}Z`;
  });
  const words = `${title}: latest ${show(values.at(-1) ?? 0)}, most ${show(most)}`;
  return (
    <figure class="chart">
      <figcaption>
        <span>{title}</span>
        <span class="most">most {show(most)}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={words}
      >
        <path class="bars" d={bars.join("")} />
        <path class="base" d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} />
      </svg>
    </figure>
  );
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}
