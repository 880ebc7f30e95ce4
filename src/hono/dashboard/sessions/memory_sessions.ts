import { randomBytes } from "node:crypto";
import { LIFETIME, type Sessions } from "./sessions.ts";

const MOST = 1_000;

/**
 * Who has signed in, where a function says who may: it knows tokens that nobody else does. The browser gets a random id; the token stays here, in
 * this process, and is shown to the function anew with each request, so that one that is no longer valid ends its sessions.
 */
export class MemorySessions implements Sessions {
  readonly #sessions = new Map<string, { readonly token: string; readonly until: number }>();

  /** Begins a session; gives its id. */
  begin(token: string, now: number = Date.now()): string {
    const id = randomBytes(32).toString("base64url");
    this.#sessions.set(id, { token, until: now + LIFETIME });
    if (this.#sessions.size > MOST) this.#sessions.delete(this.#sessions.keys().next().value!);
    return id;
  }

  /** The token of a session; `undefined` if there is none, or not any more. */
  token(id: string | undefined, now: number = Date.now()): string | undefined {
    const session = this.#sessions.get(id ?? "");
    if (session === undefined || session.until > now) return session?.token;
    this.end(id);
    return undefined;
  }

  /** Ends a session. */
  end(id: string | undefined): void {
    this.#sessions.delete(id ?? "");
  }
}
