import { randomBytes } from "node:crypto";
import { IO_PER_REQUEST } from "../../async/io_per_request.ts";
import type { AuthOptions, TokenAuth } from "../auth.ts";

/** The ID of the caller with the one-time token. */
const ID = "local";

/** How callers are authenticated, once a one-time token has been created. */
export interface ResolvedAuth {
  /** The tokens or the function; absent if no caller has access. */
  readonly auth: Exclude<AuthOptions, "one-time-token"> | undefined;
  /** The one-time token, if `auth` asked for one. */
  readonly oneTimeToken?: string;
}

/**
 * Creates and prints a token for `auth: "one-time-token"`; other values are returned unchanged. It
 * goes to the error stream, as the output of a program may be data.
 *
 * @throws {TypeError} On Cloudflare Workers, where modules have no random numbers.
 */
export function resolveAuth(doing: string, auth: AuthOptions | undefined): ResolvedAuth {
  if (auth !== "one-time-token") return { auth };
  if (IO_PER_REQUEST) {
    throw new TypeError(
      `Cannot ${doing} as auth "one-time-token" needs a process that lasts: set { tokens } here`,
    );
  }
  const oneTimeToken = randomBytes(24).toString("base64url");
  console.error(`One-time token of the agents, valid until this process ends: ${oneTimeToken}`);
  const tokens: TokenAuth["tokens"] = [{ token: oneTimeToken, id: ID }];
  return { auth: { tokens }, oneTimeToken };
}
