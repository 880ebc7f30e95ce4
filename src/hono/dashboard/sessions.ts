const LIFETIME = 12 * 3_600_000;
const MOST = 1_000;

/**
 * Who has signed in. The browser gets a random id; the token stays here, and is looked at anew with each request, so that one that
 * is no longer valid ends its sessions.
 */
export class Sessions {
  readonly #sessions = new Map<string, { readonly token: string; readonly until: number }>();

  /** Begins a session; gives its id. */
  begin(token: string, now: number = Date.now()): string {
    const id = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
      .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
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
