/** Which providers ask with the same key, and so share its limits. */
const accounts = new Map<string, object>();

/** What stands for a key at a server: the same for all providers that ask with it. */
export function accountOf(baseURL: string, apiKey: string): object {
  const name = `${baseURL} ${apiKey}`;
  let account = accounts.get(name);
  if (account === undefined) accounts.set(name, account = {});
  return account;
}
