/** Who calls: bearer tokens, or a function of the application's own. */
import { timingSafeEqual } from "node:crypto";
import {
  callback,
  checkOptions,
  isRecord,
  refuse,
  type Rule,
  text,
} from "../model/check_options.ts";
import { type PrincipalLimits, principalLimitsRule } from "./limits.ts";
import { Problem } from "./problem.ts";

/** Somebody who may call. */
export interface Principal {
  /** Who it is: what has the same id shares its limits. */
  readonly id: string;
  /** What it may do, in the place of `limits.principal`. */
  readonly limits?: PrincipalLimits;
}

/** A token, and who has it. */
export interface Token {
  /** The token. */
  readonly token: string;
  /**
   * Who has it.
   *
   * @default `token-` and its place in the list
   */
  readonly id?: string;
  /** What its holder may do, in the place of `limits.principal`. */
  readonly limits?: PrincipalLimits;
}

/** Says who sends a request: a principal, or only its id; `null` if it is nobody who may call. The body must not be read. */
export type Authenticate = (
  request: Request,
) => Principal | string | null | undefined | Promise<Principal | string | null | undefined>;

/** Who may call: whoever has one of these tokens, or whom a function lets in. */
export type AuthOptions = Authenticate | {
  /** Bearer tokens, compared in constant time. */
  readonly tokens: readonly (string | Token)[];
};

const token: Rule = (doing, name, value) => {
  if (!isRecord(value)) return visible(doing, name, value);
  checkOptions(`${doing}: ${name}`, value, {
    token: visible,
    id: text,
    limits: principalLimitsRule,
  });
  visible(doing, `${name}.token`, value.token);
};

/** What can be sent in a header. A token from a variable that is not set is no token. */
const visible: Rule = (doing, name, value) => {
  if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) {
    refuse(doing, name, "a token: visible letters without a space", value);
  }
};

/** The rule for the option `auth`. */
export const authRule: Rule = (doing, name, value) => {
  if (typeof value === "function") return callback(doing, name, value);
  checkOptions(`${doing}: ${name}`, value, {
    tokens(doing, name, tokens) {
      if (!Array.isArray(tokens) || tokens.length === 0) {
        refuse(doing, name, "a list of tokens, at least one", tokens);
      }
      for (const [i, one] of tokens.entries()) token(doing, `${name}[${i}]`, one);
    },
  });
  const { tokens } = value as { tokens?: unknown };
  if (tokens === undefined) refuse(doing, `${name}.tokens`, "a list of tokens", tokens);
};

/** Makes the function that says who sends a request. */
export function createAuthenticator(auth: AuthOptions): (request: Request) => Promise<Principal> {
  const find = typeof auth === "function" ? auth : matchBearerToken(auth.tokens);
  return async (request) => {
    const found = await find(request);
    if (typeof found === "string" && found !== "") return { id: found };
    if (isPrincipal(found)) return found;
    throw unauthorized("Cannot let you in: send a valid token as `Authorization: Bearer …`");
  };
}

/** A function may give anything; what is no principal is nobody. */
function isPrincipal(found: unknown): found is Principal {
  return isRecord(found) && typeof found.id === "string" && found.id !== "";
}

/** The answer to whom nobody knows. */
export function unauthorized(detail: string): Problem {
  return new Problem(401, "unauthorized", detail, { headers: { "www-authenticate": "Bearer" } });
}

function matchBearerToken(tokens: readonly (string | Token)[]): Authenticate {
  const listed = tokens.map((one) => typeof one === "string" ? { token: one } : one) as Token[];
  const room = Math.max(...listed.map(({ token }) => token.length)) + LETTER;
  const known = listed.map(({ token, id, limits }, i) => ({
    bytes: padToken(token, new Uint8Array(room)),
    principal: { id: id ?? `token-${i}`, limits },
  }));
  const bytes = new Uint8Array(room);
  return ({ headers }) => {
    const given = headers.get("authorization")?.match(/^Bearer +(\S+) *$/i)?.[1];
    if (given === undefined) return null;
    padToken(given, bytes);
    let found: Principal | null = null;
    for (const { bytes: one, principal } of known) {
      if (timingSafeEqual(one, bytes)) found = principal;
    }
    return found;
  };
}

const encoder = new TextEncoder();

/** No letter takes more bytes. */
const LETTER = 4;

/**
 * A token as bytes of the same length as all others, and every one is looked at: the time tells neither how much fits, nor which, nor how
 * long they are. There is room for one letter more than the longest has, whatever that letter is: so no longer one is taken for it.
 */
function padToken(token: string, room: Uint8Array): Uint8Array {
  room.fill(0);
  encoder.encodeInto(token, room);
  return room;
}
