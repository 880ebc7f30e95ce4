import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  collect,
  echo,
  hanging,
  readEvents,
  request,
  requestInit,
  routes,
  serve,
  waitUntil,
} from "./helpers.ts";

Deno.test("finishes requests in progress and rejects new ones", async () => {
  const slow = echo("slow", 300);
  const app = routes([slow.agent, echo().agent]);
  await using served = serve(app);
  const call = fetch(`${served.url}/slow`, requestInit({ text: "x" })).then((r) => r.json());
  const streamed = fetch(`${served.url}/slow/stream`, requestInit({ text: "x" }))
    .then((response) => collect(readEvents(response.body!)));
  await waitUntil(() => slow.provider.inFlight === 2, "two calls are in progress");
  const shutdown = app.shutdown({ grace: 5_000 });
  const late = await request(app, "/echo", { text: "x" });
  assertEquals([late.status, late.json.code], [503, "shutting_down"]);
  assertEquals(late.headers.get("retry-after"), "1");
  assertEquals((await request(app, "/health")).status, 503);
  assertEquals((await call).content, "x");
  assertEquals((await streamed).at(-1)!.event, "result");
  assertEquals(await shutdown, { finished: 2, aborted: 0 });
});

Deno.test("aborts the rest after the grace period and reports it to clients", async () => {
  const stuck = hanging();
  const { agent, aborted } = stuck;
  const app = routes([agent]);
  await using served = serve(app);
  const body = {
    calls: Array.from({ length: 3 }, () => ({ agent: "hanging", params: { text: "x" } })),
  };
  const call = fetch(`${served.url}/hanging`, requestInit({ text: "x" }))
    .then(async (response) => [response.status, (await response.json()).code]);
  const batch = fetch(`${served.url}/batch`, requestInit(body, { accept: "text/event-stream" }))
    .then((response) => collect(readEvents(response.body!)));
  const whole = fetch(`${served.url}/batch`, requestInit(body))
    .then((response) => response.json());
  await waitUntil(() => stuck.calls === 7, "all calls are in progress");
  assertEquals(await app.shutdown({ grace: 20 }), { finished: 0, aborted: 3 });
  assertEquals(aborted.length, 7);
  assertEquals(await call, [503, "shutting_down"]);
  const { results } = await whole;
  assertEquals(
    results.map((r: { error: { code: string } }) => r.error.code),
    Array(3).fill("aborted"),
  );
  const last = (await batch).at(-1)!;
  assertEquals([last.event, last.data.code], ["error", "shutting_down"]);
});

Deno.test("a client that does not read does not delay a shutdown", async () => {
  const app = routes([echo().agent]);
  const response = await app.request("/echo/stream", requestInit({ text: "x" }));
  const began = performance.now();
  assertEquals(await app.shutdown({ grace: 10 }), { finished: 0, aborted: 1 });
  assert(performance.now() - began < 4_000);
  await assertRejects(() => response.text());
});

Deno.test("may be called twice and rejects invalid options", async () => {
  const app = routes([echo().agent]);
  assertEquals(await app.shutdown(), { finished: 0, aborted: 0 });
  assertEquals(await app.shutdown(), { finished: 0, aborted: 0 });
  await assertRejects(() => app.shutdown({ grace: -1 }), RangeError, "grace");
});
