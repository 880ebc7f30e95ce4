import { randomBytes } from "node:crypto";
import { LIFETIME, type Sessions } from "./sessions.ts";

const MAX_SESSIONS = 1_000;

/**
 * Sessions for `auth` as a function, where the valid tokens are not known. The browser gets a
 * random ID; the token stays in this process and is passed to the function with each request, so
 * that a token that is no longer valid ends its sessions.
 */
export class MemorySessions implements Sessions {
  readonly #sessions = new Map<string, { readonly token: string; readonly expiresAt: number }>();
  #secret: BufferSource | undefined;

  /**
   * A random secret: sessions do not outlive the process. It is created on first use, as Cloudflare
   * Workers have no random numbers while modules are loaded.
   */
  get secret(): BufferSource {
    return this.#secret ??= new Uint8Array(randomBytes(32));
  }

  /** Starts a session and returns its ID. Above 1,000 sessions, the oldest ends. */
  begin(token: string, now: number = Date.now()): string {
    const id = randomBytes(32).toString("base64url");
    this.#sessions.set(id, { token, expiresAt: now + LIFETIME });
    if (this.#sessions.size > MAX_SESSIONS) {
      this.#sessions.delete(this.#sessions.keys().next().value!);
    }
    return id;
  }

  /** Returns the token of a session; `undefined` if it is unknown, expired or has been ended. */
  token(id: string | undefined, now: number = Date.now()): string | undefined {
    const session = this.#sessions.get(id ?? "");
    if (session === undefined || session.expiresAt > now) return session?.token;
    this.end(id);
    return undefined;
  }

  /** Ends a session. */
  end(id: string | undefined): void {
    this.#sessions.delete(id ?? "");
  }
}
