/** Draws the screen of a terminal as SVG. */
import type { IBufferCell, Terminal } from "@xterm/headless";

/** Options of {@linkcode terminalSvg}. */
export interface TerminalSvgOptions {
  /** What the picture shows, for readers who cannot see it. */
  readonly title: string;
}

const CELL_WIDTH = 8.4;
const LINE_HEIGHT = 20;
const PADDING = 16;
const BAR_HEIGHT = 30;

/** The colours of the 16 names of a terminal that the command line uses. */
const COLOURS: Readonly<Record<number, string>> = {
  1: "#ff7b72",
  2: "#56d364",
  3: "#e3b341",
  4: "#79c0ff",
  5: "#d2a8ff",
  6: "#56d4dd",
  8: "#8b949e",
};
const TEXT = "#e6edf3";
const DIM = "#8b949e";

/** Cells with the same style, next to each other. */
interface Run {
  readonly column: number;
  readonly style: string;
  text: string;
}

/**
 * Returns the lines of the screen that are not empty as SVG. Blocks of progress bars become
 * rectangles, and each text has a fixed length: so the columns fit with every font.
 */
export function terminalSvg(terminal: Terminal, { title }: TerminalSvgOptions): string {
  const lines: string[] = [];
  const { active } = terminal.buffer;
  let last = 0;
  for (let row = 0; row < active.length; row++) {
    for (const { column, style, text } of runsOf(terminal, row)) {
      last = row;
      lines.push(drawRun(row, column, style, text));
    }
  }
  const width = Math.ceil(2 * PADDING + terminal.cols * CELL_WIDTH);
  const height = BAR_HEIGHT + 2 * PADDING + (last + 1) * LINE_HEIGHT;
  const dots = ["#ff5f57", "#febc2e", "#28c840"].map((colour, i) =>
    `<circle cx="${PADDING + 4 + i * 18}" cy="18" r="5.5" fill="${colour}"/>`
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" role="img">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    ...dots,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', ` +
    `monospace" font-size="14" fill="${TEXT}">`,
    ...lines,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function drawRun(row: number, column: number, style: string, text: string): string {
  const x = PADDING + column * CELL_WIDTH;
  const top = BAR_HEIGHT + PADDING + row * LINE_HEIGHT;
  const width = (text.length * CELL_WIDTH).toFixed(1);
  const bar = /^([█░])\1*$/.exec(text);
  if (bar !== null) {
    const fill = bar[1] === "█" ? "#58a6ff" : "#30363d";
    return `<rect x="${x.toFixed(1)}" y="${top + 3}" width="${width}" height="13" fill="${fill}"/>`;
  }
  return `<text x="${x.toFixed(1)}" y="${top + 15}" textLength="${width}"${style}>${
    escape(text)
  }</text>`;
}

/** Returns the runs of a line, without the blanks at their ends. */
function runsOf(terminal: Terminal, row: number): readonly Run[] {
  const runs: Run[] = [];
  const line = terminal.buffer.active.getLine(row);
  for (let column = 0; line !== undefined && column < terminal.cols; column++) {
    const cell = line.getCell(column)!;
    const text = cell.getChars() || " ";
    const style = styleOf(cell);
    const before = runs.at(-1);
    const isBar = /[█░]/.test(text);
    const fits = before !== undefined && before.style === style &&
      (isBar ? before.text.endsWith(text) : !/[█░]$/.test(before.text));
    if (fits) before.text += text;
    else runs.push({ column, style, text });
  }
  return runs.flatMap(splitAtBlanks);
}

/** Splits a run where it has several blanks, which SVG would draw as one. */
function splitAtBlanks({ column, style, text }: Run): readonly Run[] {
  return [...text.matchAll(/\S+(?: \S+)*/g)].map((match) => (
    { column: column + match.index, style, text: match[0] }
  ));
}

function styleOf(cell: IBufferCell): string {
  const colour = cell.isFgPalette() ? COLOURS[cell.getFgColor() % 8] : undefined;
  const fill = colour ?? (cell.isDim() ? DIM : undefined);
  return (fill === undefined ? "" : ` fill="${fill}"`) +
    (cell.isBold() ? ` font-weight="bold"` : "");
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
