import { ProviderError } from "../../model/errors.ts";

/** Whether the status is a redirect's. In browsers, one that is not followed has the status 0. */
export function isRedirect(status: number): boolean {
  return (status >= 300 && status < 400) || status === 0;
}

/**
 * Returns the error of a server that redirects a request. It says where to, without the query and
 * the credentials: they may have a key.
 *
 * @param url The URL of the request.
 */
export function redirectError(
  { status, location, url }: {
    readonly status: number;
    readonly location: string | null | undefined;
    readonly url: string;
  },
): ProviderError {
  const target = URL.parse(location ?? "", url);
  const isHttp = target?.protocol === "https:" || target?.protocol === "http:";
  const where = !isHttp || target.href === url
    ? "elsewhere"
    : `to ${shorten(target.origin + target.pathname)}`;
  return new ProviderError(
    `the server redirects requests ${where}, which is not followed: check the base URL`,
    { code: "provider", status: status || undefined, retryable: false },
  );
}

const MAX_LENGTH = 200;

function shorten(url: string): string {
  return url.length > MAX_LENGTH ? `${url.slice(0, MAX_LENGTH)}…` : url;
}
