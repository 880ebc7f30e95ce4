/** Who has signed in where `auth` is a list of tokens: nothing is kept, so every process with the same list knows it. */
import { assert, assertEquals } from "@std/assert";
import type { Token } from "@shoal/agents/hono";
import { LIFETIME } from "../../../src/hono/dashboard/sessions/sessions.ts";
import { SignedSessions } from "../../../src/hono/dashboard/sessions/signed_sessions.ts";
import { echo, TOKEN } from "../helpers.ts";
import { cookieOf, ORIGIN, withDashboard } from "./helpers.ts";

type Tokens = readonly (string | Token)[];

/** What an instance of its own, with these tokens, says to a cookie. */
async function statusFor(cookie: string, tokens: Tokens): Promise<number> {
  const app = withDashboard([echo().agent], { auth: { tokens } });
  const response = await app.request("/dashboard", { headers: { cookie } });
  await response.body?.cancel();
  return response.status;
}

Deno.test("every instance with the same tokens takes the same session", async () => {
  const tokens: Tokens = ["first", { token: TOKEN, id: "anna" }];
  const app = withDashboard([echo().agent], { auth: { tokens } });
  for (const token of ["first", TOKEN]) {
    const cookie = await cookieOf(app, token);
    assertEquals(await statusFor(cookie, tokens), 200);
    assertEquals(await statusFor(cookie, [...tokens]), 200);
  }
});

Deno.test("when the tokens change all sessions end", async () => {
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

Deno.test("only the principal who has signed in is let in where principals are named", async () => {
  const auth = { tokens: [{ token: TOKEN, id: "anna" }, { token: "b", id: "bob" }] };
  const all = withDashboard([echo().agent], { auth });
  const app = withDashboard([echo().agent], { auth, dashboard: { principals: ["anna"] } });
  for (const [token, status] of [[TOKEN, 200], ["b", 403]] as const) {
    const headers = { cookie: await cookieOf(all, token) };
    assertEquals((await app.request("/dashboard", { headers })).status, status, token);
  }
});

Deno.test("a cookie that was made up or changed is none", () => {
  const sessions = new SignedSessions(["first", "second"]);
  const cookie = sessions.begin("first");
  assertEquals(sessions.token(cookie), "first");
  const [which, until, nonce, signature] = cookie.split(".") as [string, string, string, string];
  const forged = [
    `1.${until}.${nonce}.${signature}`,
    `${which}.${Number(until) + 1}.${nonce}.${signature}`,
    `${which}.${until}.${nonce.toLowerCase()}x.${signature}`,
    `${which}.${until}.${"A".repeat(16)}.${signature}`,
    `${which}.${until}.${nonce}.${"A".repeat(43)}`,
    `${which}.${until}.${nonce}.`,
    `${which}.${until}.${nonce}`,
    `${cookie}.x`,
    `${cookie} `,
    `__proto__.${until}.${nonce}.${signature}`,
    new SignedSessions(["other"]).begin("other"),
    "x".repeat(100_000),
    "",
    undefined,
  ];
  for (const one of forged) assertEquals(sessions.token(one), undefined, one?.slice(0, 100));
});

Deno.test("a session ends after half a day", () => {
  const sessions = new SignedSessions(["a"]);
  const cookie = sessions.begin("a", 1_000);
  assertEquals(sessions.token(cookie, LIFETIME), "a");
  assertEquals(sessions.token(cookie, 1_001 + LIFETIME), undefined);
});

Deno.test("what was signed out of is refused, however its signature is written", () => {
  const sessions = new SignedSessions(["a"]);
  const other = sessions.begin("a");
  // The last letter of 43 has two bits that mean nothing.
  const cookie = sessions.begin("a");
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = letters.indexOf(cookie.at(-1)!);
  const same = cookie.slice(0, -1) + letters[last ^ 1];
  assertEquals(sessions.token(same), "a");
  sessions.end(cookie);
  assertEquals([sessions.token(cookie), sessions.token(same)], [undefined, undefined]);
  assertEquals(sessions.token(other), "a");
});

Deno.test("the cookie tells nothing of a token", async () => {
  const app = withDashboard([echo().agent]);
  const cookie = decodeURIComponent(await cookieOf(app));
  assert(!cookie.includes(TOKEN) && !cookie.includes(btoa(TOKEN).replaceAll("=", "")));
  const again = await cookieOf(app);
  assert(again !== cookie);
  // Nor does a cookie open anything else: it is looked at nowhere but in the dashboard, and is no token.
  const asToken = { authorization: `Bearer ${cookie.split("=")[1]}` };
  for (const headers of [{ cookie }, asToken] as Record<string, string>[]) {
    assertEquals((await app.request(`${ORIGIN}/`, { headers })).status, 401);
  }
});
