import { type CsvDialect, CsvParser } from "./csv_parser.ts";

/** The dialect of a CSV file, as its first lines show it. */
export interface DetectedDialect extends CsvDialect {
  /** The number of characters before the header: those of a line such as `sep=;`. */
  readonly skipped: number;
  /** Whether the delimiter is not the one that was expected. */
  readonly isDetected: boolean;
}

/** The delimiters that programs write, in the order in which they are preferred. */
const DELIMITERS = [",", ";", "\t", "|"];

/** The first line of some files from Excel, which names their delimiter. */
const SEP_LINE = /^"?sep=([^"\r\n]{1,4})"?(?:\r\n|\n|\r|$)/i;

/**
 * Returns the dialect of a file that begins with this text. As in {@linkcode CsvParser}, texts are
 * Latin-1.
 *
 * Without a `delimiter`, another one than `expected` is detected if the header has no `expected`,
 * and that other one is both in the header and in the first row.
 */
export function detectDialect(
  start: string,
  { delimiter, expected }: { readonly delimiter?: string; readonly expected: string },
): DetectedDialect {
  // Old Macs end lines with carriage returns alone. In other files, single ones are characters.
  const at = start.indexOf("\r");
  const lineBreak = at >= 0 && at < start.length - 1 && !start.includes("\n") ? "\r" : "\n";
  const sepLine = SEP_LINE.exec(start);
  const skipped = sepLine?.[0].length ?? 0;
  const named = delimiter ?? sepLine?.[1];
  if (named !== undefined) {
    return { delimiter: named, lineBreak, skipped, isDetected: named !== expected && !delimiter };
  }
  const widths = (delimiter: string) => rowWidths(start, { delimiter, lineBreak });
  const found = widths(expected).header > 1
    ? undefined
    : DELIMITERS.map((delimiter) => ({ delimiter, ...widths(delimiter) }))
      .filter(({ header, row }) => header > 1 && (row === undefined || row > 1))
      .sort((a, b) => b.header - a.header)[0];
  return {
    delimiter: found?.delimiter ?? expected,
    lineBreak,
    skipped,
    isDetected: found !== undefined,
  };
}

/** Returns the number of fields in the header and in the first row. */
function rowWidths(
  start: string,
  dialect: CsvDialect,
): { readonly header: number; readonly row: number | undefined } {
  const parser = new CsvParser({ ...dialect, maxLength: Infinity });
  const rows = parser.push(start);
  // The last row may be cut off, unless it is the only one.
  const [header, row] = rows.length > 0 ? rows : parser.end();
  return { header: header?.fields?.length ?? 0, row: row?.fields?.length };
}

/** Whether the text has the header and the first row of any dialect: longer ones are cut off. */
export function hasFirstRows(text: string): boolean {
  // A carriage return at the end may be a half of a line break.
  const lines = text.match(/[^\r\n]+(?:\r\n|\n|\r(?!$))/g) ?? [];
  return lines.length >= (SEP_LINE.test(text) ? 3 : 2) || text.length > MAX_START;
}

const MAX_START = 64 * 1024;
