/** The part of a URL that belongs to the server, and the part that names what is requested. */
export interface Endpoint {
  /** The base URL: `https://api.openai.com/v1`. */
  readonly server: string;
  /** The path below it, with the query: `/chat/completions`. */
  readonly path: string;
}

/** The ends of the paths of model APIs. */
const ENDPOINT = new RegExp(
  "/(chat/completions|completions|responses|embeddings|moderations|models|files|batches|messages)" +
    "(/[^?]*)?$",
);

/**
 * Splits the URL of a request. Without a base URL, everything before a known endpoint is the
 * server; of any other URL, only its origin.
 */
export function splitUrl(url: string, baseURL?: string): Endpoint {
  const { origin, pathname, search } = new URL(url);
  if (baseURL !== undefined) {
    const base = withoutSlash(new URL(baseURL).pathname);
    if (new URL(baseURL).origin === origin && pathname.startsWith(base)) {
      return { server: origin + base, path: pathname.slice(base.length) + search };
    }
  }
  const at = pathname.search(ENDPOINT);
  const base = at < 0 ? "" : pathname.slice(0, at);
  return { server: origin + base, path: pathname.slice(base.length) + search };
}

/** Removes a slash at the end. */
export function withoutSlash(text: string): string {
  return text.replace(/\/+$/, "");
}
