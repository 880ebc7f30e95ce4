/**
 * Tests the sessions for `auth` as a list of tokens: every process with the same list accepts them.
 */
import { assert, assertEquals } from "@std/assert";
import type { AgentRoutes, Token } from "@shoal/agents/hono";
import { LIFETIME } from "../../../src/hono/dashboard/sessions/sessions.ts";
import { SignedSessions } from "../../../src/hono/dashboard/sessions/signed_sessions.ts";
import { echo, TOKEN } from "../helpers.ts";
import { cookieOf, ORIGIN, withDashboard } from "./helpers.ts";

type Tokens = readonly (string | Token)[];

/** The decoded value of a new session's cookie: the session and its signature. */
async function valueOf(app: AgentRoutes, token?: string): Promise<string> {
  const cookie = await cookieOf(app, token);
  return decodeURIComponent(cookie.slice(cookie.indexOf("=") + 1));
}

function cookieWith(value: string): string {
  return `shoal-dashboard=${encodeURIComponent(value)}`;
}

/** The status that a new instance with these tokens returns for a cookie. */
async function statusFor(cookie: string, tokens: Tokens): Promise<number> {
  const app = withDashboard([echo().agent], { auth: { tokens } });
  const response = await app.request("/dashboard", { headers: { cookie } });
  await response.body?.cancel();
  return response.status;
}

Deno.test("every instance with the same tokens accepts the same session", async () => {
  const tokens: Tokens = ["first", { token: TOKEN, id: "anna" }];
  const app = withDashboard([echo().agent], { auth: { tokens } });
  for (const token of ["first", TOKEN]) {
    const cookie = await cookieOf(app, token);
    assertEquals(await statusFor(cookie, tokens), 200);
    assertEquals(await statusFor(cookie, [...tokens]), 200);
  }
});

Deno.test("all sessions end when the tokens change", async () => {
  const cookie = await cookieOf(withDashboard([echo().agent], { auth: { tokens: [TOKEN, "b"] } }));
  assertEquals(await statusFor(cookie, [TOKEN, "b"]), 200);
  for (
    const tokens of [
      [TOKEN],
      ["b", TOKEN],
      [TOKEN, "c"],
      [TOKEN, "b", "c"],
      [{ token: TOKEN, id: "anna" }, "b"],
    ]
  ) assertEquals(await statusFor(cookie, tokens), 401, JSON.stringify(tokens));
});

Deno.test("a session has the rights of its principal only", async () => {
  const auth = { tokens: [{ token: TOKEN, id: "anna" }, { token: "b", id: "bob" }] };
  const all = withDashboard([echo().agent], { auth });
  const app = withDashboard([echo().agent], { auth, dashboard: { principals: ["anna"] } });
  for (const [token, status] of [[TOKEN, 200], ["b", 403]] as const) {
    const headers = { cookie: await cookieOf(all, token) };
    assertEquals((await app.request("/dashboard", { headers })).status, status, token);
  }
});

Deno.test("rejects a forged or modified cookie", async () => {
  const tokens: Tokens = ["first", "second"];
  const cookie = await valueOf(withDashboard([echo().agent], { auth: { tokens } }), "first");
  assertEquals(await statusFor(cookieWith(cookie), tokens), 200);
  const [index, expiresAt, nonce, signature] = cookie.split(".") as [
    string,
    string,
    string,
    string,
  ];
  const foreign = withDashboard([echo().agent], { auth: { tokens: ["other"] } });
  const forged = [
    `1.${expiresAt}.${nonce}.${signature}`,
    `${index}.${Number(expiresAt) + 1}.${nonce}.${signature}`,
    `${index}.${expiresAt}.${nonce.toLowerCase()}x.${signature}`,
    `${index}.${expiresAt}.${"A".repeat(16)}.${signature}`,
    `${index}.${expiresAt}.${nonce}.${"A".repeat(43)}=`,
    `${index}.${expiresAt}.${nonce}.`,
    `${index}.${expiresAt}.${nonce}`,
    `${cookie}.x`,
    `${cookie} `,
    `__proto__.${expiresAt}.${nonce}.${signature}`,
    await valueOf(foreign, "other"),
    "x".repeat(100_000),
    "",
  ];
  const app = withDashboard([echo().agent], { auth: { tokens } });
  for (const one of forged) {
    const headers = { cookie: cookieWith(one) };
    assertEquals((await app.request("/dashboard", { headers })).status, 401, one.slice(0, 100));
  }
  assertEquals((await app.request("/dashboard")).status, 401);
});

Deno.test("a signed session expires after 12 hours", () => {
  const sessions = new SignedSessions(["a"]);
  const session = sessions.begin("a", 1_000);
  assertEquals(sessions.token(session, LIFETIME), "a");
  assertEquals(sessions.token(session, 1_001 + LIFETIME), undefined);
});

Deno.test("an ended session is rejected, however its signature is encoded", async () => {
  const app = withDashboard([echo().agent]);
  const status = async (cookie: string) =>
    (await app.request("/dashboard", { headers: { cookie: cookieWith(cookie) } })).status;
  const other = await valueOf(app);
  const cookie = await valueOf(app);
  // The last of the 43 base64 characters has two unused bits.
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const last = alphabet.indexOf(cookie.at(-2)!);
  const same = `${cookie.slice(0, -2)}${alphabet[last ^ 1]}=`;
  assertEquals(await status(same), 200);
  await app.request("/dashboard/sign-out", {
    method: "POST",
    headers: { cookie: cookieWith(cookie), origin: ORIGIN },
  });
  assertEquals([await status(cookie), await status(same)], [401, 401]);
  assertEquals(await status(other), 200);
});

Deno.test("the cookie reveals nothing of a token and is no token itself", async () => {
  const app = withDashboard([echo().agent]);
  const cookie = decodeURIComponent(await cookieOf(app));
  assert(!cookie.includes(TOKEN) && !cookie.includes(btoa(TOKEN).replaceAll("=", "")));
  const again = await cookieOf(app);
  assert(again !== cookie);
  // Only the dashboard reads the cookie, and its value is not a token.
  const asToken = { authorization: `Bearer ${cookie.split("=")[1]}` };
  for (const headers of [{ cookie }, asToken] as Record<string, string>[]) {
    assertEquals((await app.request(`${ORIGIN}/`, { headers })).status, 401);
  }
});

Deno.test("a session that was signed out stays out after any number of others", () => {
  const tokens = ["a", "b"];
  const sessions = new SignedSessions(tokens);
  const first = sessions.begin("a");
  sessions.end(first);
  const kept = sessions.begin("a", Date.now() + 60_000);
  const other = sessions.begin("b");
  for (const count of [1_001, 10_000, 10_000]) {
    for (let i = 0; i < count; i++) sessions.end(sessions.begin("a"));
    assertEquals(sessions.token(first), undefined, `after ${count} more`);
    // Neither later sessions nor those of other callers end with them.
    assertEquals([sessions.token(kept), sessions.token(other)], ["a", "b"]);
  }
});

Deno.test("a signed-out cookie stays out after 1,000 others over HTTP", async () => {
  const app = withDashboard([echo().agent]);
  const cookie = await cookieOf(app);
  const signOut = async (one: string) => {
    const headers = { cookie: one, origin: ORIGIN };
    const { status } = await app.request("/dashboard/sign-out", { method: "POST", headers });
    assertEquals(status, 303);
  };
  await signOut(cookie);
  for (let i = 0; i < 1_001; i++) await signOut(await cookieOf(app));
  assertEquals((await app.request("/dashboard", { headers: { cookie } })).status, 401);
});
