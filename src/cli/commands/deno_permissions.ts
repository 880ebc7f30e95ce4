/** Checks the permissions of Deno. Other runtimes have none. */

/** A permission, as `Deno.permissions.query` takes it. */
interface Descriptor {
  readonly name: "net" | "read" | "write" | "env";
  readonly host?: string;
  readonly variable?: string;
}

interface DenoNamespace {
  readonly permissions: {
    query(descriptor: Descriptor): Promise<{ readonly state: string }>;
  };
}

/** The flags of permissions that are missing. */
export interface MissingPermissions {
  /** The flags. */
  readonly flags: readonly string[];
  /** Whether no call can be made without them. */
  readonly isFatal: boolean;
}

/** Returns what is missing for runs with a server; `undefined` if there are no permissions. */
export async function missingPermissions(
  baseUrl: string,
): Promise<MissingPermissions | undefined> {
  const { Deno: deno } = globalThis as { readonly Deno?: DenoNamespace };
  if (deno?.permissions === undefined) return undefined;
  const host = URL.parse(baseUrl)?.host;
  const needed: readonly (readonly [Descriptor, string])[] = [
    [{ name: "net", host }, `--allow-net=${host}`],
    [{ name: "read" }, "--allow-read"],
    [{ name: "write" }, "--allow-write"],
    [{ name: "env", variable: "OPENAI_API_KEY" }, "--allow-env"],
  ];
  const flags: string[] = [];
  let isFatal = false;
  for (const [descriptor, flag] of needed) {
    if ((await deno.permissions.query(descriptor)).state === "granted") continue;
    flags.push(flag);
    if (descriptor.name === "net") isFatal = true;
  }
  return { flags, isFatal };
}
