import { randomBytes, scryptSync } from "node:crypto";
import type { Token } from "../../auth.ts";
import { LIFETIME, type Sessions } from "./sessions.ts";

/** Above this number of ended sessions, the oldest are forgotten. */
const MAX_ENDED = 1_000;

/**
 * Sessions for `auth` as a list of tokens, without storage. A session holds the index of its token
 * and when it expires, and its cookie is signed with a key derived from the list. So every process
 * with the same tokens accepts it, also after a restart and on platforms that run several
 * processes; and when the tokens change, all sessions end.
 */
export class SignedSessions implements Sessions {
  readonly #tokens: readonly string[];
  /** The whole list, as the index in a session depends on all of it. */
  readonly #list: string;
  /** Sessions that were ended in this process. */
  readonly #ended = new Set<string>();
  #secret: BufferSource | undefined;

  /** Creates sessions for these tokens. */
  constructor(tokens: readonly (string | Token)[]) {
    this.#tokens = tokens.map((one) => typeof one === "string" ? one : one.token);
    this.#list = JSON.stringify(
      tokens.map((one) => typeof one === "string" ? [one] : [one.token, one.id]),
    );
  }

  /**
   * The secret that cookies are signed with. Its derivation is slow, so that a cookie does not
   * allow to guess tokens against its signature; it therefore happens once, on first use.
   */
  get secret(): BufferSource {
    this.#secret ??= new Uint8Array(scryptSync(this.#list, "shoal dashboard session", 32));
    return this.#secret;
  }

  /** Starts a session and returns it. */
  begin(token: string, now: number = Date.now()): string {
    const expiresAt = Math.ceil((now + LIFETIME) / 1_000);
    const nonce = randomBytes(12).toString("base64url");
    return `${this.#tokens.indexOf(token)}.${expiresAt}.${nonce}`;
  }

  /** Returns the token of a session whose signature is valid; `undefined` if it has ended. */
  token(session: string | undefined, now: number = Date.now()): string | undefined {
    const [, index, expiresAt] = session?.match(/^(\d{1,9})\.(\d{1,12})\.[\w-]{16}$/) ?? [];
    if (index === undefined || Number(expiresAt) * 1_000 <= now) return undefined;
    return this.#ended.has(session!) ? undefined : this.#tokens[Number(index)];
  }

  /**
   * Ends a session in this process. A copy of the cookie is rejected here, but other processes do
   * not know and accept it until it expires.
   */
  end(session: string | undefined): void {
    if (this.token(session) === undefined) return;
    this.#ended.add(session!);
    if (this.#ended.size > MAX_ENDED) this.#ended.delete(this.#ended.values().next().value!);
  }
}
