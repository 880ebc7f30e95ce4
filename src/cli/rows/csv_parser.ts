/**
 * Parses CSV as people and programs write it. Own code, as no library reads all of it in a stream:
 *
 * - csv-parse accepts a blank behind a closing quote only if it trims all fields, and finds no row
 *   after one that is too long.
 * - papaparse takes the first line break for that of all rows, and counts no lines.
 * - CsvParseStream of denoland/std ends at the first quote within a field.
 *
 * The text is Latin-1, in which every byte is a character: an invalid byte then spoils only its own
 * row, and no character is cut at the end of a chunk.
 */

/** The dialect of CSV. */
export interface CsvDialect {
  /** The text between two fields. */
  readonly delimiter: string;
  /** The end of rows. With `"\n"`, rows may also end with `"\r\n"`. */
  readonly lineBreak: "\n" | "\r";
}

/** A row of CSV. */
export interface CsvRecord {
  /** The line that it starts on, from 1. */
  readonly line: number;
  /** Its fields. Absent if the row cannot be read. */
  readonly fields?: readonly string[];
  /** Why it cannot be read. */
  readonly problem?: string;
}

/** Options of a {@linkcode CsvParser}. */
export interface CsvParserOptions extends CsvDialect {
  /** The maximum length of a row. */
  readonly maxLength: number;
}

/** The end of a row: what follows it, and its fields. */
interface RowEnd {
  readonly next: number;
  readonly fields: readonly string[];
}

/** Parses CSV in chunks. Empty lines are skipped. */
export class CsvParser {
  readonly #delimiter: string;
  readonly #lineBreak: "\n" | "\r";
  readonly #maxLength: number;
  /** The text from the start of the current row. */
  #text = "";
  /** What follows, in a quoted field: chunks without a quote are joined once one has it. */
  #waiting: string[] = [];
  #waitingLength = 0;
  /** Whether the current row ends within a quoted field, as far as it is known. */
  #isQuoteOpen = false;
  /** Whether the current row is too long: its text is dropped. */
  #isDropping = false;
  /** The line of the current row. */
  #line: number;

  /** Starts at this line. */
  constructor({ delimiter, lineBreak, maxLength }: CsvParserOptions, firstLine = 1) {
    this.#delimiter = delimiter;
    this.#lineBreak = lineBreak;
    this.#maxLength = maxLength;
    this.#line = firstLine;
  }

  /** The line of a row that is longer than the maximum, and whose end cannot be found. */
  get endlessLine(): number | undefined {
    const length = this.#text.length + this.#waitingLength;
    return length > this.#maxLength && this.#text.includes('"') ? this.#line : undefined;
  }

  /** Returns the rows that end in this chunk. */
  push(chunk: string): readonly CsvRecord[] {
    if (this.#isQuoteOpen && !chunk.includes('"')) {
      this.#waiting.push(chunk);
      this.#waitingLength += chunk.length;
      return [];
    }
    return this.#parse(this.#join(chunk), false);
  }

  /** Returns the last rows. */
  end(): readonly CsvRecord[] {
    return this.#parse(this.#join(""), true);
  }

  #join(chunk: string): string {
    const text = this.#waitingLength === 0
      ? this.#text + chunk
      : this.#text + this.#waiting.join("") + chunk;
    this.#waiting = [];
    this.#waitingLength = 0;
    return text;
  }

  #parse(text: string, isLast: boolean): readonly CsvRecord[] {
    const records: CsvRecord[] = [];
    let start = 0;
    this.#isQuoteOpen = false;
    if (this.#isDropping) {
      const end = text.indexOf(this.#lineBreak);
      start = end < 0 ? text.length : end + 1;
      this.#isDropping = end < 0 && !isLast;
      if (end >= 0) this.#line++;
    }
    let quote = text.indexOf('"', start);
    while (start < text.length) {
      const end = text.indexOf(this.#lineBreak, start);
      if (quote >= 0 && quote < start) quote = text.indexOf('"', start);
      let row: RowEnd | undefined;
      if (end >= 0 && (quote < 0 || quote > end)) {
        row = this.#splitLine(text, start, end, end + 1);
      } else if (quote < 0) {
        if (isLast) row = this.#splitLine(text, start, text.length, text.length);
      } else {
        row = this.#readRow(text, start, isLast);
      }
      if (row === undefined) break;
      const { next, fields } = row;
      if (next - start > this.#maxLength) records.push(tooLong(this.#line, this.#maxLength));
      else if (!this.#isEmptyLine(text, start, fields)) records.push({ line: this.#line, fields });
      this.#line += quote < 0 || quote > next ? 1 : this.#countLines(text, start, next);
      start = next;
    }
    this.#text = text.slice(start);
    if (isLast && this.#text !== "") return [...records, this.#unclosed()];
    if (this.#text.length > this.#maxLength && !this.#text.includes('"')) {
      records.push(tooLong(this.#line, this.#maxLength));
      this.#text = "";
      this.#isDropping = true;
    }
    return records;
  }

  /** A cell may be empty; a line without a quote and a delimiter has no cell. */
  #isEmptyLine(text: string, start: number, fields: readonly string[]): boolean {
    return fields.length === 1 && fields[0] === "" && text[start] !== '"' &&
      text[this.#skipBlanks(text, start)] !== '"';
  }

  #unclosed(): CsvRecord {
    const line = this.#line;
    const last = line + this.#countLines(this.#text.trimEnd(), 0, Infinity);
    const rest = last === line ? "" : `: lines ${line} to ${last} are one row`;
    this.#text = "";
    return { line, problem: `a quote is not closed${rest}` };
  }

  #countLines(text: string, start: number, end: number): number {
    let count = 0;
    for (
      let at = text.indexOf(this.#lineBreak, start);
      at >= 0 && at < end;
      at = text.indexOf(this.#lineBreak, at + 1)
    ) count++;
    return count;
  }

  /** Returns the fields of a row without quotes. */
  #splitLine(text: string, start: number, end: number, next: number): RowEnd {
    const hasReturn = this.#lineBreak === "\n" && end > start && text[end - 1] === "\r";
    const line = text.slice(start, hasReturn ? end - 1 : end);
    return { next, fields: line.split(this.#delimiter) };
  }

  /** Returns the fields of a row with quotes; `undefined` if its end is not known yet. */
  #readRow(text: string, start: number, isLast: boolean): RowEnd | undefined {
    const fields: string[] = [];
    let at = start;
    for (;;) {
      const field = this.#readField(text, at, isLast);
      if (field === undefined) return undefined;
      fields.push(field.value);
      if (field.isLastOfRow) return { next: field.next, fields };
      at = field.next;
    }
  }

  #readField(text: string, start: number, isLast: boolean): Field | undefined {
    const quote = this.#skipBlanks(text, start);
    if (text[quote] !== '"') return this.#readUnquoted(text, start, start, "", isLast);
    let value = "";
    let from = quote + 1;
    for (;;) {
      const close = text.indexOf('"', from);
      if (close < 0) {
        this.#isQuoteOpen = true;
        return undefined;
      }
      if (close + 1 === text.length && !isLast) return undefined;
      value += text.slice(from, close);
      if (text[close + 1] === '"') {
        value += '"';
        from = close + 2;
        continue;
      }
      const after = this.#skipBlanks(text, close + 1);
      const end = this.#fieldEnd(text, after, isLast);
      if (end === "unknown") return undefined;
      if (end !== undefined) return { value, ...end };
      // Not the end of the field: its quotes are characters, as in `"Big" Ben`.
      const before = text.slice(start, quote) + '"' + value + '"';
      return this.#readUnquoted(text, start, close + 1, before, isLast);
    }
  }

  /** Reads up to the next delimiter or line break. */
  #readUnquoted(
    text: string,
    start: number,
    from: number,
    before: string,
    isLast: boolean,
  ): Field | undefined {
    const lineEnd = text.indexOf(this.#lineBreak, from);
    const end = text.indexOf(this.#delimiter, from);
    if (end >= 0 && (lineEnd < 0 || end < lineEnd)) {
      const next = end + this.#delimiter.length;
      return { value: before + text.slice(from, end), next, isLastOfRow: false };
    }
    if (lineEnd < 0 && !isLast) return undefined;
    const rowEnd = lineEnd < 0 ? text.length : lineEnd;
    const hasReturn = this.#lineBreak === "\n" && rowEnd > start && text[rowEnd - 1] === "\r";
    const value = before + text.slice(from, hasReturn ? rowEnd - 1 : rowEnd);
    return { value, next: lineEnd < 0 ? text.length : lineEnd + 1, isLastOfRow: true };
  }

  /** Returns what a field that ends here is followed by; `undefined` if it does not end here. */
  #fieldEnd(
    text: string,
    at: number,
    isLast: boolean,
  ): Omit<Field, "value"> | "unknown" | undefined {
    if (text.startsWith(this.#delimiter, at)) {
      return { next: at + this.#delimiter.length, isLastOfRow: false };
    }
    if (text[at] === this.#lineBreak) return { next: at + 1, isLastOfRow: true };
    if (text[at] === "\r" && text[at + 1] === this.#lineBreak) {
      return { next: at + 2, isLastOfRow: true };
    }
    const rest = text.slice(at, at + this.#delimiter.length);
    if (isLast) {
      const isEnd = rest === "" || rest === "\r" && at + 1 === text.length;
      return isEnd ? { next: text.length, isLastOfRow: true } : undefined;
    }
    // The next chunk may complete the delimiter or the line break.
    const isCut = at + rest.length === text.length &&
      (rest === "\r" || this.#delimiter.startsWith(rest));
    return isCut ? "unknown" : undefined;
  }

  #skipBlanks(text: string, start: number): number {
    let at = start;
    while ((text[at] === " " || text[at] === "\t") && !this.#delimiter.includes(text[at]!)) at++;
    return at;
  }
}

interface Field {
  readonly value: string;
  /** Where the next field or row starts. */
  readonly next: number;
  readonly isLastOfRow: boolean;
}

function tooLong(line: number, maxLength: number): CsvRecord {
  return { line, problem: `it is longer than ${maxLength} bytes: --max-row allows more` };
}
