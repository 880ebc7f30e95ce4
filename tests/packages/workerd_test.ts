/** Tests the library and `agentRoutes` on workerd, the runtime of Cloudflare Workers. */
import { type Simulator, simulator } from "@shoal/agents/testing";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { collect, delay, readEvents, requestInit, TOKEN, waitUntil } from "../hono/helpers.ts";
import { bundle } from "../runtimes/bundle.ts";
import { missing, NEWEST, type RunningWorker, startWorker, YEAR_OLD } from "./workerd/miniflare.ts";
import { fileURLToPath } from "node:url";

const ignore = missing !== undefined;
const suffix = ignore ? ` (${missing})` : "";

const folder = await Deno.makeTempDir();
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** Defines a test of workerd, with a time limit of a minute. */
function workerdTest(name: string, test: () => Promise<void>): void {
  Deno.test({
    name: `workerd: ${name}${suffix}`,
    ignore,
    fn: async () => {
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(() => late.reject(new Error("not done within 60 s")), 60_000);
      try {
        await Promise.race([test(), late.promise]);
      } finally {
        clearTimeout(timer);
      }
    },
  });
}

let bundled: Promise<string> | undefined;

/** Bundles a Worker into the folder, as wrangler does. */
function bundleWorker(module: string): Promise<void> {
  return bundle([module], folder, { platform: "browser", keepsUsing: true });
}

/** Returns the path of the bundled Worker. */
function worker(): Promise<string> {
  return bundled ??= (async () => {
    await bundleWorker(fileURLToPath(new URL("./workerd/worker.ts", import.meta.url)));
    return `${folder}/worker.js`;
  })();
}

interface SetUp extends AsyncDisposable {
  readonly url: string;
  readonly running: RunningWorker;
  readonly quick: Simulator;
  readonly slow: Simulator;
  readonly stuck: Simulator;
}

/** Starts the Worker with three model servers. The last one never answers. */
async function setUp(
  options: { readonly date?: string; readonly flags?: readonly string[] } = {},
): Promise<SetUp> {
  const path = await worker();
  await using stack = new AsyncDisposableStack();
  const upstream = (latency: number): Simulator => stack.use(simulator({ latency, chunkSize: 1 }));
  const [quick, slow, stuck] = [upstream(5), upstream(200), upstream(600_000)];
  const running = stack.use(
    await startWorker({
      path,
      ...options,
      bindings: {
        OPENAI_BASE_URL: quick.url,
        OPENAI_API_KEY: "none",
        SLOW_URL: slow.url,
        STUCK_URL: stuck.url,
      },
    }),
  );
  const held = stack.move();
  return {
    url: `${running.url}/agents`,
    running,
    quick,
    slow,
    stuck,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Sends a request and returns its status and JSON. */
// deno-lint-ignore no-explicit-any -- each test reads other members
async function send(url: string, body?: unknown, token = TOKEN): Promise<[number, any]> {
  const authorization = `Bearer ${token}`;
  const response = await fetch(url, requestInit(body, { authorization }));
  const text = await response.text();
  try {
    return [response.status, JSON.parse(text)];
  } catch {
    return [response.status, text];
  }
}

/** Sends requests at once and returns the status of each, with the content of its answer. */
function sendAll(url: string, bodies: readonly unknown[], token?: string): Promise<unknown[][]> {
  return Promise.all(bodies.map(async (body) => {
    const [status, json] = await send(url, body, token);
    return [status, json.content ?? json];
  }));
}

const texts = (n: number) => Array.from({ length: n }, (_, i) => ({ text: `n${i}` }));
const answers = (n: number) => texts(n).map(({ text }) => [200, `Simulated answer to: ${text}`]);

for (const date of [NEWEST, YEAR_OLD]) {
  workerdTest(`serves many requests one after the other and at once, as of ${date}`, async () => {
    // `scripted` is in an entry that needs modules which this date does not have by default.
    const flags = [
      "nodejs_compat",
      ...date === YEAR_OLD
        ? [
          "enable_nodejs_fs_module",
          "enable_nodejs_http_modules",
          "enable_nodejs_http_server_modules",
        ]
        : [],
    ];
    await using on = await setUp({ date, flags });
    const { url } = on;
    assertEquals(await send(url, undefined, "wrong").then(([status]) => status), 401);
    assertEquals((await send(url))[1].agents.length, 15);
    for (let i = 0; i < 3; i++) {
      assertEquals(await sendAll(`${url}/quick`, [{ text: `${i}` }]), [
        [200, `Simulated answer to: ${i}`],
      ]);
    }
    assertEquals(await sendAll(`${url}/quick`, texts(50)), answers(50));
    assertEquals((await send(`${url}/quick`, { txt: "x" }))[1].code, "invalid_params");

    const names = ["adaptive", "guarded", "fallback", "fixed", "tools", "composed"];
    for (const name of [...names, "parallel", "pipeline", "router"]) {
      const [one, another] = await sendAll(`${url}/${name}`, texts(2));
      assertEquals([name, one![0], another![0]], [name, 200, 200]);
    }

    const calls = texts(30).map((params) => ({ agent: "quick", params }));
    const stream = async () => {
      const response = await fetch(`${url}/quick/stream`, requestInit({ text: "x" }));
      const events = await collect(readEvents(response.body!));
      return [events.filter(({ event }) => event === "delta").length > 2, events.at(-1)!.event];
    };
    const chat = async () => {
      const body = { model: "quick", messages: [{ role: "user", content: "x" }], stream: true };
      const response = await fetch(`${url}/v1/chat/completions`, requestInit(body));
      return (await response.text()).trim().endsWith("data: [DONE]");
    };
    const batchOf = async (accept: string) => {
      const response = await fetch(`${url}/batch`, requestInit({ calls }, { accept }));
      return (await response.text()).match(/"ok":true/g)?.length;
    };
    for (let i = 0; i < 3; i++) {
      const [streams, chats, batches] = await Promise.all([
        Promise.all([stream(), stream(), stream(), stream()]),
        Promise.all([chat(), chat()]),
        Promise.all(
          ["application/json", "text/event-stream", "application/x-ndjson"].map(batchOf),
        ),
      ]);
      assertEquals(streams, Array(4).fill([true, "result"]));
      assertEquals(chats, [true, true]);
      assertEquals(batches, [30, 30, 30]);
    }
    const messages = [{ role: "user", content: "x" }];
    const completion = await send(`${url}/v1/chat/completions`, { model: "quick", messages });
    assertEquals(completion[1].object, "chat.completion");
    const response = await send(`${url}/v1/responses`, { model: "quick", input: "x" });
    assertEquals(response[1].object, "response");
    assertEquals((await send(`${url}/v1/models`))[1].data.length, 15);

    assertEquals(await send(`${url}/health`), [200, { status: "ok" }]);
    assertEquals((await send(`${url}/openapi.json`))[1].openapi, "3.1.0");
    const metrics = (await send(`${url}/metrics`))[1];
    assertMatch(metrics, /shoal_calls_total\{agent="adaptive"\} 2\n/);
    assertMatch(metrics, /shoal_runs_in_flight 0\n/);
    assertEquals(on.running.log().replace(/^http.*\n/, ""), "");
  });
}

workerdTest("waits for permits that other requests release", async () => {
  await using on = await setUp();
  const { url, slow } = on;
  assertEquals(await sendAll(`${url}/single`, texts(6)), answers(6));
  assertEquals(slow.stats.peakInFlight, 1);
  assertEquals(await sendAll(`${url}/single`, texts(2)), answers(2));
  const narrow = await sendAll(`${url}/slow`, texts(3), "narrow");
  assertEquals(narrow.map(([status]) => status).sort(), [200, 200, 429]);
});

workerdTest("waits for rate limits in each request", async () => {
  await using on = await setUp();
  const { url } = on;
  // At first 3 requests pass, and then 8 per second.
  assertEquals(await sendAll(`${url}/paced`, texts(10)), answers(10));
});

workerdTest("waits for the reservations of other requests", async () => {
  await using on = await setUp();
  assertEquals(await sendAll(`${on.url}/slow`, texts(3), "frugal"), answers(3));
});

workerdTest("pauses all requests while the model's server rejects them", async () => {
  await using on = await setUp();
  const { url, quick } = on;
  quick.configure({ script: [{ type: "rateLimit", retryAfterMs: 500 }] });
  assertEquals(await sendAll(`${url}/quick`, texts(5)), answers(5));
});

workerdTest("shares one request among identical calls of several requests", async () => {
  await using on = await setUp();
  const { url, slow, stuck } = on;
  const same = Array(5).fill({ text: "same" });
  const expected = Array(5).fill([200, "Simulated answer to: same"]);
  assertEquals(await sendAll(`${url}/shared`, same), expected);
  assertEquals(slow.stats.requests, 1);
  assertEquals(await sendAll(`${url}/shared`, same), expected);
  assertEquals([slow.stats.requests, stuck.stats.requests], [1, 0]);
});

/** Sends a request, and disconnects once it has a call in flight. */
async function leave(model: Simulator, url: string, body: unknown, accept: string): Promise<void> {
  const leaving = new AbortController();
  const { signal } = leaving;
  // Compression would hold the heartbeats back.
  const init = requestInit(body, { accept, "accept-encoding": "identity" });
  const call = fetch(url, { ...init, signal }).then((response) => response.text()).catch(() => {});
  await waitUntil(() => model.stats.inFlight > 0, `${url}: a call is in flight`, 30_000);
  leaving.abort();
  await call;
}

/** Waits until the metrics match. */
async function waitForMetric(url: string, pattern: RegExp): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (pattern.test((await send(`${url}/metrics`))[1])) return;
    await delay(50);
  }
  assertMatch((await send(`${url}/metrics`))[1], pattern);
}

const EVENTS = "text/event-stream";

workerdTest("a disconnect aborts the calls", async () => {
  await using on = await setUp({ flags: ["nodejs_compat", "enable_request_signal"] });
  const { url, stuck } = on;
  const params = { text: "x" };
  const calls = [{ agent: "stuck", params }];
  const chat = { model: "stuck", messages: [{ role: "user", content: "x" }], stream: true };
  const cases = [
    ["/batch", { calls }, "application/json"],
    ["/batch", { calls }, EVENTS],
    ["/stuck/stream", params, EVENTS],
    ["/v1/chat/completions", chat, EVENTS],
  ] as const;
  // Each call needs the only permit, which the call before has released.
  for (const [i, [path, body, accept]] of cases.entries()) {
    await leave(stuck, url + path, body, accept);
    await waitUntil(() => stuck.stats.inFlight === 0, `${path}: the call is aborted`);
    assertEquals(stuck.stats.aborted, i + 1);
  }
  await waitForMetric(url, /shoal_runs_in_flight 0\n/);
  await waitForMetric(url, /shoal_calls_in_flight\{agent="stuck"\} 0\n/);
});

workerdTest("a batch resumes in another request after a disconnect", async () => {
  await using on = await setUp();
  const { url, slow } = on;
  const calls = texts(20).map((params) => ({ agent: "slow", params }));
  const body = { calls, concurrency: 2 };
  for (const isLeft of [true, false]) {
    slow.resetStats();
    const leaving = new AbortController();
    const { signal } = leaving;
    const response = await fetch(`${url}/batch`, {
      ...requestInit(body, { accept: EVENTS }),
      signal,
    });
    const first = readEvents(response.body!);
    const received = [];
    for (let i = 0; i < 4; i++) received.push((await first.next()).value!);
    if (isLeft) {
      leaving.abort();
      await first.return(undefined).catch(() => {});
      await waitUntil(() => slow.stats.inFlight === 0, "the batch stops", 10_000);
      assert(slow.stats.requests < 20, `${slow.stats.requests} requests`);
    }
    const last = { "last-event-id": received.at(-1)!.id!, accept: EVENTS };
    const resumed = await fetch(
      `${url}/batch/${received[0]!.data.id}`,
      requestInit(undefined, last),
    );
    const rest = await collect(readEvents(resumed.body!));
    const seqs = [...received, ...rest].map(({ data }) => data.seq);
    assertEquals(seqs, Array.from({ length: 22 }, (_, i) => i + 1));
    assertEquals(rest.at(-1)!.data.ok, 20);
    assert(slow.stats.requests <= 22, `${slow.stats.requests} requests`);
    // The first client is disconnected, if it has not left.
    await collect(first).catch(() => {});
  }
});

workerdTest("releases what a request held that has ended without a trace", async () => {
  await using on = await setUp();
  const { running, url, stuck } = on;
  const bare = `${running.url}/bare/batch`;
  const body = { calls: [{ agent: "stuck", params: { text: "x" } }] };
  for (let i = 0; i < 2; i++) {
    // The second call waits for the request that it shares, and then for the only permit.
    await leave(stuck, bare, body, EVENTS);
    await waitUntil(() => stuck.stats.inFlight === 0, "the call is aborted");
  }
  // Its request also ends those that are silent.
  assertEquals((await send(`${url}/slow`, { text: "x" }))[0], 200);
  await waitForMetric(url, /shoal_runs_in_flight [01]\n/);
});

workerdTest("the dashboard accepts its cookie and updates live", async () => {
  await using on = await setUp();
  for (const url of [on.url, `${on.running.url}/function`]) {
    const { origin } = new URL(url);
    const signIn = await fetch(`${url}/dashboard/session`, {
      method: "POST",
      headers: { origin, "content-type": "application/x-www-form-urlencoded" },
      body: `token=${TOKEN}`,
      redirect: "manual",
    });
    assertEquals(signIn.status, 303);
    await signIn.body?.cancel();
    const cookie = signIn.headers.get("set-cookie")!.split(";")[0]!;
    for (let i = 0; i < 2; i++) {
      const page = await fetch(`${url}/dashboard`, { headers: { cookie } });
      assertEquals(page.status, 200);
      assertMatch(await page.text(), /Sign out/);
    }
    const live = await fetch(`${url}/dashboard/events`, { headers: { cookie } });
    const events = readEvents(live.body!);
    assertMatch(JSON.stringify((await events.next()).value), /quick/);
    // A call of another request changes the page.
    assertEquals((await send(`${url}/quick`, { text: "x" }))[0], 200);
    assertEquals((await events.next()).done, false);
    await events.return(undefined);
  }
});

workerdTest("the library runs without routes, and loads its default provider", async () => {
  await using on = await setUp();
  const { url } = on.running;
  const expected = [200, "Simulated answer to: x"];
  assertEquals(await sendAll(`${url}/standard`, Array(5).fill({})), Array(5).fill(expected));
  assertEquals(await sendAll(`${url}/standard`, [{}]), [expected]);
  const used = { ok: 20, streamed: Array(5).fill("true"), scoped: 4, failed: "timeout" };
  for (let i = 0; i < 2; i++) {
    assertEquals(await send(`${url}/library`), [200, { ...used, workers: false }]);
  }
});

for (const date of [undefined, YEAR_OLD]) {
  workerdTest(`the example of the docs runs, as of ${date ?? "its own date"}`, async () => {
    const text = await Deno.readTextFile(
      new URL("../../docs/cloudflare-workers.md", import.meta.url),
    );
    const [, code] = text.match(/```ts\n(.*?)```/s)!;
    const [, config] = text.match(/```jsonc\n(.*?)```/s)!;
    const { compatibility_date, compatibility_flags } = JSON.parse(config!);
    assertEquals(compatibility_date, NEWEST);
    const path = `${folder}/example.js`;
    await Deno.writeTextFile(`${folder}/example.ts`, code!);
    await bundleWorker(`${folder}/example.ts`);
    await using model = simulator({ latency: 5 });
    await using running = await startWorker({
      path,
      date: date ?? compatibility_date,
      flags: compatibility_flags,
      bindings: { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: "none", AGENTS_TOKEN: TOKEN },
    });
    const url = `${running.url}/sentiment`;
    const reviews = Array.from({ length: 20 }, (_, i) => ({ review: `${i}` }));
    for (let i = 0; i < 2; i++) {
      const statuses = (await sendAll(url, reviews)).map(([status]) => status);
      assertEquals(statuses, Array(20).fill(200));
    }
    assertEquals((await send(url, { review: "x" }, "wrong"))[0], 401);
    assertEquals(running.log().replace(/^http.*\n/, ""), "");
  });
}

workerdTest("denies access without auth", async () => {
  await using on = await setUp();
  const [status, { detail }] = await send(`${on.running.url}/open`);
  assertEquals(status, 401);
  assertMatch(detail, /auth/);
});

workerdTest("cannot be started without nodejs_compat, and says why", async () => {
  const path = await worker();
  const error = await assertRejects(() => startWorker({ path, flags: [] }), Error);
  assertMatch(error.message, /No such module "node:|nodejs_compat/);
});
