import { ProviderError } from "../../../model/errors.ts";
import { readProcessEnv } from "../read_process_env.ts";

/** The protocols of proxies. */
const PROTOCOLS: ReadonlySet<string | undefined> = new Set([
  "http:",
  "https:",
  "socks:",
  "socks5:",
]);

/**
 * Returns the URL of the proxy that the environment sets for servers with a protocol: `HTTPS_PROXY`
 * or `HTTP_PROXY`, or else `ALL_PROXY`, also in lower case. `NO_PROXY` is not considered.
 *
 * @throws {ProviderError} If the variable has no URL of a proxy.
 */
export function proxyOf(protocol: string): string | undefined {
  for (const lower of [protocol === "https:" ? "https_proxy" : "http_proxy", "all_proxy"]) {
    for (const name of [lower, lower.toUpperCase()]) {
      const value = readProcessEnv(name);
      if (value === undefined) continue;
      // Like curl and `fetch`, adds the scheme that is often left out.
      const url = value.includes("://") ? value : `http://${value}`;
      if (PROTOCOLS.has(URL.parse(url)?.protocol)) return url;
      // The value may have a password.
      throw new ProviderError(`the variable ${name} must be the URL of a proxy`, {
        code: "provider",
        retryable: false,
      });
    }
  }
  return undefined;
}
