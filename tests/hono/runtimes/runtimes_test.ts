/** Tests the routes on Node and Bun, in processes of their own, with a simulated model server. */
import { type Simulator, simulator } from "@shoal/agents/testing";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { collect, readEvents, requestInit, waitUntil } from "../helpers.ts";
import { fileURLToPath } from "node:url";
import { bundle } from "../../runtimes/bundle.ts";
import { start } from "../../runtimes/command.ts";
import { type Runtime, RUNTIMES } from "../../runtimes/runtimes.ts";

const SERVICE = fileURLToPath(new URL("./service.ts", import.meta.url));
const folder = await Deno.makeTempDir();
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

let bundled: Promise<void> | undefined;

/**
 * Starts a service on a runtime, with three model servers; that of the agent `stuck` never answers.
 */
async function setUp(runtime: Runtime) {
  await (bundled ??= bundle([SERVICE], folder));
  await using stack = new AsyncDisposableStack();
  const upstream = (latency: number): Simulator => stack.use(simulator({ latency, chunkSize: 1 }));
  const [quick, slow, stuck] = [upstream(5), upstream(400), upstream(600_000)];
  const service = stack.use(
    start([runtime.path!, `${folder}/service.js`], {
      env: {
        UPSTREAM_QUICK: quick.url,
        UPSTREAM_SLOW: slow.url,
        UPSTREAM_STUCK: stuck.url,
      },
    }),
  );
  const [, port] = await service.waitFor(/http:\/\/(?:127\.0\.0\.1|localhost):(\d+)/);
  const held = stack.move();
  return {
    url: `http://127.0.0.1:${port}/agents`,
    service,
    slow,
    stuck,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

for (const runtime of RUNTIMES) {
  const ignore = runtime.path === undefined;

  Deno.test(
    { name: `${runtime.name}: serves calls, streams, batches and OpenAI's API`, ignore },
    async () => {
      await using on = await setUp(runtime);
      const { url } = on;
      const closed = await fetch(url);
      assertEquals([closed.status, (await closed.json()).code], [401, "unauthorized"]);
      assertEquals((await (await fetch(url, requestInit())).json()).agents.length, 3);

      const one = await (await fetch(`${url}/quick`, requestInit({ text: "x" }))).json();
      assertEquals([one.ok, one.agent, typeof one.content], [true, "quick", "string"]);
      const wrong = await fetch(`${url}/quick`, requestInit({ txt: "x" }));
      assertEquals([wrong.status, (await wrong.json()).code], [422, "invalid_params"]);
      assertEquals(wrong.headers.get("content-type"), "application/problem+json");

      const stream = await fetch(`${url}/quick/stream`, requestInit({ text: "x" }));
      const events = await collect(readEvents(stream.body!));
      assert(events.length > 2, `there are several deltas: ${JSON.stringify(events)}`);
      assertEquals([events.at(-1)!.event, events.at(-1)!.data.result.ok], ["result", true]);

      const calls = Array.from({ length: 50 }, (_, i) => ({ agent: "quick", params: { text: i } }));
      const whole = await (await fetch(`${url}/batch`, requestInit({ calls, concurrency: 20 })))
        .json();
      assertEquals([whole.summary.ok, whole.results.length], [50, 50]);
      const accept = "application/x-ndjson";
      const lines = await (await fetch(`${url}/batch`, requestInit({ calls }, { accept }))).text();
      assertEquals(lines.trim().split("\n").length, 52);

      const messages = [{ role: "user", content: "x" }];
      const chat = await fetch(
        `${url}/v1/chat/completions`,
        requestInit({ model: "quick", messages }),
      );
      assertEquals((await chat.json()).object, "chat.completion");
    },
  );

  Deno.test(
    { name: `${runtime.name}: a disconnect aborts the calls`, ignore },
    async () => {
      await using on = await setUp(runtime);
      const { url, stuck } = on;
      const text = "x".repeat(10_000);
      const batch = { calls: [{ agent: "stuck", params: { text } }] };
      const kinds = [
        ["/stuck", { text: "x" }],
        ["/stuck", { text }],
        ["/stuck/stream", { text }],
        ["/batch", batch],
        ["/batch", batch, { accept: "text/event-stream" }],
        ["/v1/chat/completions", { model: "stuck", messages: [{ role: "user", content: text }] }],
      ] as const;
      for (const [path, body, headers] of kinds) {
        const before = stuck.stats.aborted;
        const leaving = new AbortController();
        const call = fetch(url + path, { ...requestInit(body, headers), signal: leaving.signal })
          .then((response) => response.text()).catch(() => {});
        await waitUntil(() => stuck.stats.inFlight === 1, `${path}: the call is in flight`);
        leaving.abort();
        await call;
        await waitUntil(() => stuck.stats.inFlight === 0, `${path}: the call is aborted`);
        assertEquals(stuck.stats.aborted, before + 1);
      }
      const metrics = await (await fetch(`${url}/metrics`, requestInit())).text();
      assert(metrics.includes("\nshoal_runs_in_flight 0\n"), metrics);
    },
  );

  Deno.test(
    { name: `${runtime.name}: is closed without auth, also to this machine`, ignore },
    async () => {
      await using on = await setUp(runtime);
      const response = await fetch(on.url.replace("/agents", "/closed"));
      assertEquals([response.status, (await response.json()).code], [401, "unauthorized"]);
    },
  );

  Deno.test(
    { name: `${runtime.name}: the dashboard accepts its cookie and updates live`, ignore },
    async () => {
      await using on = await setUp(runtime);
      const { url } = on;
      const origin = new URL(url).origin;
      const signIn = await fetch(`${url}/dashboard/session`, {
        method: "POST",
        headers: { origin, "content-type": "application/x-www-form-urlencoded" },
        body: "token=s3cret",
        redirect: "manual",
      });
      assertEquals(signIn.status, 303);
      await signIn.body?.cancel();
      const cookie = signIn.headers.get("set-cookie")!.split(";")[0]!;
      const page = await fetch(`${url}/dashboard`, { headers: { cookie } });
      assertEquals(page.status, 200);
      assertMatch(await page.text(), /Sign out/);
      const live = await fetch(`${url}/dashboard/events`, { headers: { cookie } });
      const events = readEvents(live.body!);
      assertEquals((await events.next()).done, false);
      await events.return(undefined);
    },
  );

  Deno.test(
    { name: `${runtime.name}: shuts down gracefully`, ignore },
    async () => {
      await using on = await setUp(runtime);
      const { url, service, slow } = on;
      const last = fetch(`${url}/slow`, requestInit({ text: "x" }));
      await waitUntil(() => slow.stats.inFlight === 1, "a call is in progress");
      const over = service.end("SIGTERM");
      const response = await last;
      assertEquals([response.status, (await response.json()).ok], [200, true]);
      assertEquals((await over).code, 0, service.output());
      assert(service.output().includes('{"finished":1,"aborted":0}'), service.output());
      assert(!service.output().includes("s3cret"));
    },
  );
}
