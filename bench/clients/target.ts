/** Where requests go, and what is sent. */
export interface Target {
  /** The route. */
  readonly url: string;
  /** Sent with each request. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body. */
  readonly body: string;
}
