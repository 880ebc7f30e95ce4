/** Reads the headers of a response. `Headers` is one implementation. */
export interface HeaderReader {
  /** Returns the value of a header, or `null`. The name is in lower case. */
  get(name: string): string | null;
  /** Whether a header is present. The name is in lower case. */
  has(name: string): boolean;
}
