/** Colours text for terminals. */

/** Returns the text in a colour, or unchanged. */
export type Paint = (colour: "red" | "green" | "yellow" | "dim" | "bold", text: string) => string;

const CODES = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const;

/** Returns a function that colours text, for a terminal that supports it. */
export const colourText: Paint = (colour, text) => `\x1b[${CODES[colour]}m${text}\x1b[0m`;

/** Leaves the text unchanged, for output without colours. */
export const plainText: Paint = (_colour, text) => text;
