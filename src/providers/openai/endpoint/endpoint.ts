/** The URL and the headers of the requests to one API of a server. */

/** What all requests to one URL have in common. */
export interface ApiEndpoint {
  /** The URL. */
  readonly url: string;
  /** The headers, by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The options that the endpoint depends on. */
export interface ApiEndpointOptions {
  /** The URL of the server. Its query follows the path. */
  readonly baseURL: string;
  /** The path below the URL. */
  readonly path: string;
  /** The header that has the API key. */
  readonly authorization: string;
  /** The organization to bill. */
  readonly organization: string | undefined;
  /** The project to bill. */
  readonly project: string | undefined;
  /** Additional headers, which replace others of the same name. */
  readonly headers: Readonly<Record<string, string>> | undefined;
}

/**
 * Returns the endpoint, once for all requests. The official SDK takes as long to load as a first
 * call, and builds and checks the same headers for every request.
 */
export function endpointOf(options: ApiEndpointOptions): ApiEndpoint {
  const { baseURL, path, authorization, organization, project } = options;
  const url = new URL(baseURL);
  url.pathname = url.pathname.replace(/\/+$/, "") + path;
  url.hash = "";
  const headers: Record<string, string> = {
    "accept": "application/json",
    authorization,
    "user-agent": "shoal-agents",
    ...(organization !== undefined && { "openai-organization": trim(organization) }),
    ...(project !== undefined && { "openai-project": trim(project) }),
  };
  // `Headers` would load Node's fetch, which takes as long as all else.
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    headers[name.toLowerCase()] = trim(value);
  }
  // The body is always JSON.
  headers["content-type"] = "application/json";
  return { url: url.href, headers };
}

/** Removes what `Headers` removes: whitespace of HTTP, and no other. */
function trim(value: string): string {
  return value.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
}
