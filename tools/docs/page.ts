/** A page of the documentation. */
export interface Page {
  /** Its path: in the project, or on the site. */
  readonly path: string;
  /** Markdown. */
  readonly text: string;
}
