/** One object per server and API key. */
const identities = new Map<string, object>();

/**
 * Returns an object that stands for an API key at a server. Providers with the same key get the
 * same object, and so share the rate limits of that key.
 */
export function apiKeyIdentity(baseURL: string, apiKey: string): object {
  const name = `${baseURL} ${apiKey}`;
  let identity = identities.get(name);
  if (identity === undefined) identities.set(name, identity = {});
  return identity;
}
