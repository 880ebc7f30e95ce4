/** Authentication: bearer tokens, or a function of the application. */
import { timingSafeEqual } from "node:crypto";
import {
  callback,
  checkOptions,
  isRecord,
  refuse,
  type Rule,
  type RulesFor,
  text,
} from "../model/check_options.ts";
import { areSameLimits, type PrincipalLimits, principalLimitsRule } from "./limits.ts";
import { Problem } from "./problem.ts";

/** A caller: a person or a program that has been authenticated. */
export interface Principal {
  /** The ID of the caller. Requests with the same ID share their limits. */
  readonly id: string;
  /**
   * Limits of this caller, instead of `limits.principal`. If they change between two requests, what
   * the caller has used counts towards the new ones.
   *
   * @default The `limits.principal` of the routes
   */
  readonly limits?: PrincipalLimits;
}

/** A bearer token and the caller that it belongs to. */
export interface Token {
  /** The token: visible ASCII characters without spaces. */
  readonly token: string;
  /**
   * The ID of the caller.
   *
   * @default `token-` followed by the index of the token in the list
   */
  readonly id?: string;
  /**
   * Limits of this caller, instead of `limits.principal`. All tokens of a caller must have the same
   * ones.
   *
   * @default The `limits.principal` of the routes
   */
  readonly limits?: PrincipalLimits;
}

/**
 * Returns the caller of a request, as a principal or as an ID; `null` or `undefined` rejects the
 * request. It must not read the body.
 */
export type Authenticate = (
  request: Request,
) => Principal | string | null | undefined | Promise<Principal | string | null | undefined>;

/** Authentication by a list of tokens. */
export interface TokenAuth {
  /** Bearer tokens, compared in constant time. */
  readonly tokens: readonly (string | Token)[];
}

/**
 * How callers are authenticated: by a list of tokens, by a function, or, for development, by a
 * token that is created and printed when the routes are created.
 */
export type AuthOptions = Authenticate | TokenAuth | "one-time-token";

/** A token must fit into a header. `undefined`, as from an unset variable, is rejected too. */
const tokenRule: Rule = (doing, name, value) => {
  if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) {
    refuse(doing, name, "a token of visible ASCII characters without spaces", value);
  }
};

const TOKEN_RULES: RulesFor<Token> = {
  token: tokenRule,
  id: text,
  limits: principalLimitsRule,
};

const tokensRule: Rule = (doing, name, value) => {
  if (!Array.isArray(value) || value.length === 0) {
    refuse(doing, name, "a list of at least one token", value);
  }
  for (const [i, one] of value.entries()) {
    const at = `${name}[${i}]`;
    if (!isRecord(one)) {
      tokenRule(doing, at, one);
      continue;
    }
    checkOptions(`${doing}: ${at}`, one, TOKEN_RULES);
    tokenRule(doing, `${at}.token`, one.token);
  }
  refuseDifferentLimits(doing, name, value);
};

/** The tokens of a caller share its limits, so these must be the same. */
function refuseDifferentLimits(
  doing: string,
  name: string,
  tokens: readonly (string | Token)[],
): void {
  const first = new Map<string, { readonly index: number; readonly limits: unknown }>();
  for (const [index, { id, limits }] of principalsOf(tokens).entries()) {
    const other = first.get(id);
    if (other === undefined) first.set(id, { index, limits });
    else if (!areSameLimits(other.limits, limits)) {
      throw new TypeError(
        `Cannot ${doing} as ${name}[${other.index}] and ${name}[${index}] are tokens of the same ` +
          `caller "${id}" with different limits: set the same limits for both, or another id`,
      );
    }
  }
}

/** Returns the caller of each token. */
function principalsOf(tokens: readonly (string | Token)[]): readonly Principal[] {
  return tokens.map((one, i) => {
    const { id = `token-${i}`, limits } = typeof one === "string" ? {} as Partial<Token> : one;
    return { id, limits };
  });
}

const AUTH_RULES: RulesFor<TokenAuth> = { tokens: tokensRule };

/** The rule for the option `auth`. */
export const authRule: Rule = (doing, name, value) => {
  if (typeof value === "function") return callback(doing, name, value);
  if (value === "one-time-token") return;
  if (typeof value === "string") {
    refuse(doing, name, '{ tokens }, a function or "one-time-token"', value);
  }
  checkOptions(`${doing}: ${name}`, value, AUTH_RULES);
  tokensRule(doing, `${name}.tokens`, (value as { tokens?: unknown }).tokens);
};

/**
 * Returns a function that authenticates requests. It throws a {@linkcode Problem} (401) for a
 * request without a known caller.
 */
export function createAuthenticator(
  auth: Authenticate | TokenAuth,
): (request: Request) => Promise<Principal> {
  const find = typeof auth === "function" ? auth : matchBearerToken(auth.tokens);
  return async (request) => {
    const found = await find(request);
    if (typeof found === "string" && found !== "") return { id: found };
    if (isPrincipal(found)) return found;
    throw unauthorized(
      "Cannot authenticate the request: send a valid token as `Authorization: Bearer …`",
    );
  };
}

/** Whether an application's function returned a principal: it may return anything. */
function isPrincipal(found: unknown): found is Principal {
  return isRecord(found) && typeof found.id === "string" && found.id !== "";
}

/** Creates the 401 for a request without a known caller. */
export function unauthorized(detail: string): Problem {
  return new Problem(401, "unauthorized", detail, { headers: { "www-authenticate": "Bearer" } });
}

function matchBearerToken(tokens: readonly (string | Token)[]): Authenticate {
  const listed = tokens.map((one) => typeof one === "string" ? one : one.token);
  const size = Math.max(...listed.map((token) => token.length)) + MAX_CHARACTER_BYTES;
  const known = principalsOf(tokens).map((principal, i) => ({
    bytes: padToken(listed[i]!, new Uint8Array(size)),
    principal,
  }));
  const bytes = new Uint8Array(size);
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

/** The length of the longest UTF-8 character, in bytes. */
const MAX_CHARACTER_BYTES = 4;

/**
 * Writes a token into a zero-filled buffer. All buffers have the same length and every known token
 * is compared, so the time reveals neither a matching prefix, nor which token matched, nor its
 * length. A buffer has room for one character more than the longest token, so a longer token that
 * is cut off cannot match.
 */
function padToken(token: string, buffer: Uint8Array): Uint8Array {
  buffer.fill(0);
  encoder.encodeInto(token, buffer);
  return buffer;
}
