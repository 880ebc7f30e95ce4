import { Buffer } from "node:buffer";
import { createHmac, randomBytes, scryptSync, timingSafeEqual } from "node:crypto";
import type { Token } from "../../auth.ts";
import { LIFETIME, type Sessions } from "./sessions.ts";

/** Over so many, what was signed out of longest ago is forgotten. */
const MOST_ENDED = 1_000;

/**
 * Who has signed in, where `auth` is a list of tokens: nothing is kept. The cookie says which token of the list it stands for and until when, and
 * is signed with a key that is made of the list itself. So whatever process has the same tokens takes it, also after a restart and on
 * platforms that run several; and when the tokens change, all sessions end.
 */
export class SignedSessions implements Sessions {
  readonly #tokens: readonly string[];
  /** Which of the list is meant by a cookie depends on the whole of it. */
  readonly #list: string;
  /** What was signed out of here. Not by the signatures: there are several ways to write the same. */
  readonly #ended = new Set<string>();
  #key: Buffer | undefined;

  /** Sessions of whoever has one of these. */
  constructor(tokens: readonly (string | Token)[]) {
    this.#tokens = tokens.map((one) => typeof one === "string" ? one : one.token);
    this.#list = JSON.stringify(
      tokens.map((one) => typeof one === "string" ? [one] : [one.token, one.id]),
    );
  }

  begin(token: string, now: number = Date.now()): string {
    const until = Math.ceil((now + LIFETIME) / 1_000);
    const nonce = randomBytes(12).toString("base64url");
    const said = `${this.#tokens.indexOf(token)}.${until}.${nonce}`;
    return `${said}.${this.#sign(said).toString("base64url")}`;
  }

  token(cookie: string | undefined, now: number = Date.now()): string | undefined {
    const [, said, which, until, signature] =
      cookie?.match(/^((\d{1,9})\.(\d{1,12})\.[\w-]{16})\.([\w-]{43})$/) ?? [];
    if (said === undefined) return undefined;
    if (!timingSafeEqual(Buffer.from(signature!, "base64url"), this.#sign(said))) return undefined;
    if (Number(until) * 1_000 <= now || this.#ended.has(said)) return undefined;
    return this.#tokens[Number(which)];
  }

  /** The browser forgets the cookie. Where it was copied to it is refused here; other processes are not told, and take it until it expires. */
  end(cookie: string | undefined): void {
    if (this.token(cookie) === undefined) return;
    this.#ended.add(cookie!.slice(0, cookie!.lastIndexOf(".")));
    if (this.#ended.size > MOST_ENDED) this.#ended.delete(this.#ended.values().next().value!);
  }

  #sign(said: string): Buffer {
    // Slow, so that whoever has a cookie cannot try out tokens against its signature; and so only once, and not before it is needed.
    this.#key ??= scryptSync(this.#list, "shoal dashboard session", 32);
    return createHmac("sha256", this.#key).update(said).digest();
  }
}
