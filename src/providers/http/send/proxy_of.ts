import { readProcessEnv } from "../read_process_env.ts";

/**
 * Returns the proxy that the environment sets for servers with a protocol: `HTTPS_PROXY` or
 * `HTTP_PROXY`, or else `ALL_PROXY`, also in lower case. `NO_PROXY` is not considered.
 */
export function proxyOf(protocol: string): string | undefined {
  const names = [protocol === "https:" ? "https_proxy" : "http_proxy", "all_proxy"];
  for (const name of names) {
    const proxy = readProcessEnv(name) ?? readProcessEnv(name.toUpperCase());
    if (proxy !== undefined) return proxy;
  }
  return undefined;
}
