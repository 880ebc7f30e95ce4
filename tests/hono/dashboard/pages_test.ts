import { configure, defineAgent } from "@shoal/agents";
import type { AgentRoutes } from "@shoal/agents/hono";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { z } from "zod";
import { NO_USAGE } from "../../../src/model/usage.ts";
import {
  collect,
  delay,
  echo,
  hanging,
  readEvents,
  type ReceivedEvent,
  request,
  requestInit,
  TOKEN,
  waitUntil,
} from "../helpers.ts";
import { cookieOf, failing, ORIGIN, page, withDashboard } from "./helpers.ts";

/** Returns the text of a region, with a space in place of tags. */
function textOf(html: string, id: string): string {
  const from = html.indexOf(`<div id="${id}">`);
  return html.slice(from, html.indexOf("</section>", from)).replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ").trim();
}

/** Yields the live updates until the consumer stops. */
async function* live(app: AgentRoutes, query = ""): AsyncGenerator<Record<string, string>> {
  const response = await app.request(`/dashboard/events${query}`, requestInit());
  assertEquals(response.status, 200);
  for await (const { event, data } of readEvents(response.body!) as AsyncGenerator<ReceivedEvent>) {
    assertEquals(event, "regions");
    yield data;
  }
}

Deno.test("the overview shows calls, tokens, costs, and failures by code", async () => {
  const priced = defineAgent({
    name: "priced",
    model: "gpt-5-mini",
    prompt: "{text}",
    provider: scripted({
      text: "fine",
      usage: { ...NO_USAGE, inputTokens: 1_000, outputTokens: 500, totalTokens: 1_500 },
    }),
  });
  const app = withDashboard([priced, failing()]);
  await request(app, "/priced", { text: "a" });
  await request(app, "/batch", {
    calls: [1, 2, 3].map(() => ({ agent: "priced", params: { text: "b" } })),
  });
  await request(app, "/failing", { text: "c" });
  const html = await page(app);
  const figures = textOf(html, "figures");
  assertStringIncludes(figures, "In flight 0");
  assertStringIncludes(figures, "Calls 5");
  assertStringIncludes(figures, "Succeeded 80 %");
  assertStringIncludes(figures, "Tokens 6,000");
  // 4 × (1,000 × $0.25 + 500 × $2) per million
  assertStringIncludes(figures, "Cost $0.0050");
  assertStringIncludes(textOf(html, "agents"), "priced 4 0 0");
  const failures = textOf(html, "failures");
  assertStringIncludes(failures, "provider failing m-&lt;b&gt;1&lt;/b&gt;");
  assertStringIncludes(failures, "The model's server failed".replace("'", "&#39;"));
  assertStringIncludes(textOf(html, "callers"), "token-0 0 no limit");
  assertStringIncludes(textOf(html, "ended"), "several token-0");
});

Deno.test("runs in progress have a progress bar, and a page that outlives them", async () => {
  const { agent, provider } = echo("slow", 300);
  const app = withDashboard([agent]);
  const calls = [..."abcdef"].map((text) => ({ agent: "slow", params: { text } }));
  const batch = request(app, "/batch", { calls, concurrency: 2 });
  await waitUntil(() => provider.requests.length > 2, "one call has ended and the next has begun");
  let html: string;
  do {
    // A page needs no timer: without this one, the loop would starve those of the calls.
    await new Promise((resolve) => setTimeout(resolve, 5));
    html = await page(app);
  } while (html.includes('aria-label="1 of 6"'));
  assertStringIncludes(html, '<progress value="2" max="6" aria-label="2 of 6">');
  assertStringIncludes(textOf(html, "limits"), "these routes 2 of 1,000 0");
  const link = html.match(/href="dashboard\/(runs\/[\w-]+)"/)![1]!;
  const during = await page(app, `/dashboard/${link}`);
  assertStringIncludes(textOf(during, "run"), "in progress for");
  assertStringIncludes(textOf(during, "calls"), "slow ok");
  await batch;
  const after = await page(app, `/dashboard/${link}`);
  assertStringIncludes(textOf(after, "run"), "State ended after");
  assertStringIncludes(textOf(after, "run"), "6 of 6");
  assertEquals(textOf(after, "calls").match(/slow ok/g)?.length, 6);
});

Deno.test("unknown runs and agents have a page that says so", async () => {
  const app = withDashboard([echo().agent]);
  for (const path of ["/dashboard/runs/none", "/dashboard/agents/none"]) {
    const response = await app.request(path, requestInit());
    assertEquals(response.status, 404);
    assertStringIncludes(await response.text(), "Back to the overview");
  }
});

Deno.test("shows the state of limits, circuit breakers and callers", async () => {
  const limited = { ...scripted("x"), name: "limited", limits: { concurrency: 7 } };
  const agent = defineAgent({ name: "limited", model: "m", prompt: "{text}", provider: limited });
  const app = withDashboard([agent, failing()], {
    auth: {
      tokens: [{
        token: TOKEN,
        id: "alice",
        limits: { concurrency: 3, requestsPerMinute: 60, budget: { calls: 9 } },
      }],
    },
  });
  configure({ limits: { concurrency: 1_234 } });
  try {
    await request(app, "/limited", { text: "a" });
    for (let i = 0; i < 3; i++) await request(app, "/failing", { text: "a" });
    const html = await page(app);
    const limits = textOf(html, "limits");
    assertStringIncludes(limits, "the process 0 of 1,234");
    assertStringIncludes(limits, "limited 0 of 7");
    assertStringIncludes(
      textOf(html, "breakers"),
      "m-&lt;b&gt;1&lt;/b&gt; failing open for",
    );
    const callers = textOf(html, "callers");
    assertStringIncludes(callers, "alice 0 0 of 3 4 of 60 3 of 9 calls");
    assertStringIncludes(textOf(html, "failures"), "circuit_open");
  } finally {
    configure({ limits: undefined });
  }
});

Deno.test("shows no prompts, answers, error messages or tokens", async () => {
  const app = withDashboard([echo().agent, failing()]);
  await request(app, "/echo", { text: "secret prompt" });
  await request(app, "/failing", { text: "secret prompt" });
  const { json } = await request(app, "/batch", {
    calls: [{ agent: "echo", params: { text: "secret prompt" }, id: "secret-id" }],
  });
  assertEquals(json.results[0].content, "secret prompt");
  const html = await page(app);
  const links = [...html.matchAll(/href="dashboard\/((?:runs|agents)\/[^"]+)"/g)];
  assert(links.length >= 5);
  for (
    const one of [
      html,
      ...await Promise.all(links.map(([, to]) => page(app, `/dashboard/${to}`))),
    ]
  ) {
    assert(!one.includes("secret") && !one.includes(TOKEN));
  }
  for await (const regions of live(app)) {
    assert(!JSON.stringify(regions).includes("secret"));
    break;
  }
});

Deno.test("escapes names, descriptions and schemas", async () => {
  const evil = `<img src=x onerror="alert(1)">'&`;
  const agent = defineAgent({
    name: "evil",
    description: evil,
    model: evil,
    provider: scripted(evil),
    params: z.object({
      text: z.string().describe(evil),
      choice: z.enum([evil, "b"]).optional(),
      [evil]: z.number().optional(),
    }),
    prompt: () => evil,
  });
  const app = withDashboard([agent], {
    auth: { tokens: [{ token: TOKEN, id: evil }] },
    dashboard: { title: evil },
  });
  await request(app, "/evil", { text: "x" });
  await request(app, "/evil", {});
  const html = await page(app);
  const run = html.match(/href="dashboard\/(runs\/[\w-]+)"/)![1];
  for (const path of ["", "/agents/evil", `/${run}`]) {
    const one = await page(app, `/dashboard${path}`);
    assert(!one.includes("<img"), path);
    assertStringIncludes(one, "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;&amp;");
  }
});

Deno.test("an agent's page has a field for each parameter", async () => {
  const agent = defineAgent({
    name: "many",
    model: "m",
    provider: scripted("x"),
    params: z.object({
      text: z.string(),
      n: z.int().optional(),
      tone: z.enum(["kind", "blunt"]),
      loud: z.boolean(),
      maybe: z.boolean().optional(),
      tags: z.array(z.string()).optional(),
    }),
    prompt: ({ text }: { text: string }) => text,
  });
  const html = await page(withDashboard([agent]), "/dashboard/agents/many");
  const kinds = [...html.matchAll(/name="(\w+)"[^>]*data-kind="([\w-]+)"/g)].map(([, name, kind]) =>
    `${name}: ${kind}`
  );
  const flag = html.match(/name="loud"[^>]*data-kind="(\w+)"/) ??
    html.match(/name="loud"[^>]*type="checkbox" data-kind="(\w+)"/);
  assertEquals(flag?.[1], "flag");
  assertEquals(kinds.filter((kind) => !kind.startsWith("loud")), [
    "text: text",
    "n: number",
    "tone: json",
    "maybe: json",
    "tags: json",
  ]);
  assertStringIncludes(html, '<option value="&quot;blunt&quot;">blunt</option>');
});

Deno.test("without calls there is no form and no route for it", async () => {
  const app = withDashboard([echo().agent], { dashboard: { calls: false } });
  assert(!(await page(app, "/dashboard/agents/echo")).includes("<form id"));
  const cookie = await cookieOf(app);
  const response = await app.request("/dashboard/call/echo", {
    ...requestInit({ text: "x" }, { cookie, origin: ORIGIN }),
  });
  assertEquals(response.status, 404);
});

Deno.test("a call of the form counts for its principal; other pages are rejected", async () => {
  const app = withDashboard([echo().agent], {
    auth: { tokens: [{ token: TOKEN, id: "alice", limits: { requestsPerMinute: 1 } }] },
  });
  const cookie = await cookieOf(app);
  const call = (headers: Record<string, string>) =>
    app.request(`${ORIGIN}/dashboard/call/echo`, {
      method: "POST",
      headers: { cookie, "content-type": "application/json", ...headers },
      body: '{"text":"hello"}',
    });
  for (
    const headers of [
      {},
      { origin: "https://evil.example" },
      { origin: ORIGIN, "sec-fetch-site": "same-site" },
    ] as Record<string, string>[]
  ) {
    assertEquals((await call(headers)).status, 403);
  }
  const asForm = { origin: ORIGIN, "content-type": "text/plain" };
  assertEquals((await call(asForm)).status, 415, "a form could send this type");
  const rejected = await call({ origin: ORIGIN });
  assertEquals(rejected.status, 429, "the previous request counted");
  assertEquals((await rejected.json()).code, "too_many_requests");
});

Deno.test("a call of the form streams its events", async () => {
  const app = withDashboard([echo().agent]);
  const response = await app.request(`${ORIGIN}/dashboard/call/echo`, {
    ...requestInit({ text: "hello" }, { cookie: await cookieOf(app), origin: ORIGIN }),
  });
  const events = await collect(readEvents(response.body!));
  assertEquals(events.at(-1)?.event, "result");
  assertEquals(events.at(-1)?.data.result.content, "hello");
  const html = await page(app, `/dashboard/runs/${response.headers.get("x-request-id")}`);
  assertStringIncludes(textOf(html, "calls"), "echo ok");
});

Deno.test("live updates send only the changed regions", async () => {
  const { agent } = hanging();
  const app = withDashboard([agent]);
  const changes = live(app);
  const first = (await changes.next()).value as Record<string, string>;
  assertEquals(Object.keys(first).length, 9);
  assertStringIncludes(first.runs!, "Nothing is running");
  const gone = new AbortController();
  const call = Promise.resolve(
    app.request("/hanging", { ...requestInit({ text: "x" }), signal: gone.signal }),
  );
  let seen = "";
  for await (const regions of changes) {
    assert(!("failures" in regions), "nothing has failed");
    seen += regions.runs ?? "";
    if (seen.includes("call <code>")) break;
  }
  gone.abort();
  await (await call).body?.cancel();
});

Deno.test("live updates follow a run until it has ended", async () => {
  const app = withDashboard([echo("echo", 60).agent]);
  const calls = [..."abcdefgh"].map((text) => ({ agent: "echo", params: { text } }));
  const batch = request(app, "/batch", { calls, concurrency: 2 }, { "x-request-id": "my-run" });
  await delay(30);
  let run = "";
  for await (const regions of live(app, "?run=my-run")) {
    run = regions.run ?? run;
    if (run.includes("ended after")) break;
  }
  assertStringIncludes(run, "8 of 8");
  assertEquals((await batch).status, 200);
});

Deno.test("live updates neither count as requests nor delay a shutdown", async () => {
  const app = withDashboard([echo().agent], {
    auth: {
      tokens: [{ token: TOKEN, id: "alice", limits: { concurrency: 1, requestsPerMinute: 1 } }],
    },
  });
  const one = live(app), two = live(app);
  await one.next();
  await two.next();
  assertEquals((await request(app, "/echo", { text: "x" })).status, 200);
  const began = performance.now();
  assertEquals(await app.shutdown({ grace: 60_000 }), { finished: 0, aborted: 0 });
  // The streams end by themselves.
  for (const viewer of [one, two]) for await (const _ of viewer);
  assert(performance.now() - began < 10_000);
});

Deno.test("limits the number of viewers", async () => {
  const app = withDashboard([echo().agent]);
  const bodies = [];
  for (let i = 0; i < 100; i++) {
    bodies.push((await app.request("/dashboard/events", requestInit())).body!);
  }
  assertEquals((await request(app, "/dashboard/events")).status, 503);
  await bodies.pop()!.cancel();
  const response = await app.request("/dashboard/events", requestInit());
  assertEquals(response.status, 200, "one viewer has disconnected");
  await response.body!.cancel();
  for (const body of bodies) await body.cancel();
});

Deno.test("a client cannot take over the page of another by its request ID", async () => {
  const auth = { tokens: [{ token: TOKEN, id: "alice" }, { token: "b", id: "mallory" }] };
  const stuck = hanging();
  const app = withDashboard([echo().agent, stuck.agent], { auth });
  const id = { "x-request-id": "order-7" };
  const mallory = { ...id, authorization: "Bearer b" };
  const own = await request(app, "/echo", { text: "x" }, id);
  assertEquals(own.headers.get("x-request-id"), "order-7");
  // Later and at the same time, as calls and as a batch.
  await request(app, "/echo", {}, mallory);
  const running = request(app, "/hanging", { text: "x" }, mallory);
  await request(app, "/batch", { calls: [{ agent: "echo", params: {} }] }, mallory);
  for (const path of ["/dashboard/runs/order-7", ...await runLinks(app, "alice")]) {
    const html = await page(app, path);
    assertStringIncludes(html, "alice", path);
    assertStringIncludes(html, "order-7");
    assert(!html.includes("mallory"), path);
  }
  assertEquals((await runLinks(app, "mallory")).length, 3);
  await app.shutdown({ grace: 0 });
  await running;
});

/** Returns the paths of the pages of a caller's runs, from the overview. */
async function runLinks(app: AgentRoutes, caller: string): Promise<string[]> {
  const html = await page(app);
  return html.split("<tr").filter((row) => row.includes(`>${caller}<`)).flatMap((row) =>
    row.match(/runs\/[\w-]+/)?.map((path) => `/dashboard/${path}`) ?? []
  );
}
