/** A route, and what is sent to it. */
export interface Target {
  /** The URL of the route. */
  readonly url: string;
  /** The headers of each request. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body of each request. */
  readonly body: string;
}
