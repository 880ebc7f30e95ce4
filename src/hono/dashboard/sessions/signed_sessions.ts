import { randomBytes, scryptSync } from "node:crypto";
import type { Token } from "../../auth.ts";
import { LIFETIME, type Sessions } from "./sessions.ts";

/** How many ended sessions of a token are remembered one by one. */
const MAX_ENDED = 10_000;

/** The ended sessions of one token. */
interface Ended {
  /** When each of them expires, in seconds since 1970. */
  readonly expiries: Map<string, number>;
  /** All sessions that expire up to then count as ended, in seconds since 1970. */
  until: number;
}

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
  /** Sessions that were ended in this process, by the index of their token. */
  readonly #ended = new Map<number, Ended>();
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
    const ended = this.#ended.get(Number(index));
    const hasEnded = ended !== undefined &&
      (ended.expiries.has(session!) || Number(expiresAt) <= ended.until);
    return hasEnded ? undefined : this.#tokens[Number(index)];
  }

  /**
   * Ends a session in this process. A copy of the cookie is rejected here until it expires, but
   * other processes do not know and accept it. Where a token has more ended sessions than are
   * remembered, the oldest sessions of that token end, too: an ended one never becomes valid again.
   */
  end(session: string | undefined, now: number = Date.now()): void {
    if (this.token(session, now) === undefined) return;
    const [index, expiresAt] = session!.split(".").map(Number) as [number, number];
    const ended = this.#ended.get(index) ?? { expiries: new Map(), until: 0 };
    this.#ended.set(index, ended);
    ended.expiries.set(session!, expiresAt);
    if (ended.expiries.size > MAX_ENDED) forgetOldest(ended, now / 1_000);
  }
}

/** Forgets half of the ended sessions: those that have expired, then those that expire next. */
function forgetOldest(ended: Ended, now: number): void {
  const byExpiry = [...ended.expiries].toSorted(([, a], [, b]) => a - b);
  for (const [session, expiresAt] of byExpiry) {
    if (expiresAt > now && ended.expiries.size <= MAX_ENDED / 2) return;
    ended.expiries.delete(session);
    if (expiresAt > now) ended.until = Math.max(ended.until, expiresAt);
  }
}
