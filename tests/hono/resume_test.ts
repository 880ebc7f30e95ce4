/** Tests that batch streams resume after the last event received, without repeating calls. */
import { assert, assertEquals } from "@std/assert";
import {
  collect,
  delay,
  echo,
  readEvents,
  readText,
  type ReceivedEvent,
  request,
  requestInit,
  routes,
  sendRaw,
  serve,
  waitUntil,
} from "./helpers.ts";

const EVENTS = { accept: "text/event-stream" };

function calls(n: number) {
  return Array.from({ length: n }, (_, i) => ({ agent: "echo", params: { text: `${i}` } }));
}

/** Starts a batch, reads `take` events and disconnects. */
async function begin(url: string, body: unknown, take: number): Promise<ReceivedEvent[]> {
  const leaving = new AbortController();
  const response = await fetch(`${url}/batch`, {
    ...requestInit(body, EVENTS),
    signal: leaving.signal,
  });
  const events: ReceivedEvent[] = [];
  try {
    for await (const event of readEvents(response.body!)) {
      events.push(event);
      if (events.length === take) leaving.abort();
    }
  } catch {
    // The abort ends the stream for the client.
  }
  return events.slice(0, take);
}

function indexes(events: readonly ReceivedEvent[]): number[] {
  return events.filter(({ event }) => event === "result").map(({ data }) => data.index);
}

for (const method of ["GET", "POST"]) {
  Deno.test(`a batch resumes after the last event, by ${method}`, async () => {
    const { agent, provider } = echo("echo", 20);
    await using served = serve(routes([agent]));
    const first = await begin(served.url, { calls: calls(30), concurrency: 3 }, 8);
    await waitUntil(() => provider.inFlight === 0, "the batch stops without a client");
    const before = provider.calls;
    await delay(100);
    assertEquals(provider.calls, before);
    assert(before < 30);

    const last = { "last-event-id": first.at(-1)!.id! };
    const id = first[0]!.data.id;
    const response = method === "GET"
      ? await fetch(`${served.url}/batch/${id}`, requestInit(undefined, last))
      : await fetch(`${served.url}/batch`, requestInit({}, { ...last, ...EVENTS }));
    const rest = await collect(readEvents(response.body!));
    const seqs = [...first, ...rest].map(({ data }) => data.seq);
    assertEquals(seqs, [...Array(32).keys()].map((i) => i + 1));
    const done = [...indexes(first), ...indexes(rest)];
    assertEquals(done.toSorted((a, b) => a - b), [...Array(30).keys()]);
    assertEquals(rest.at(-1)!.data.ok, 30);
    // Finished calls are not repeated, only those that were in flight.
    assert(provider.calls <= 33, `${provider.calls} requests`);
  });
}

Deno.test("resends events that did not arrive, also after the end", async () => {
  const { agent, provider } = echo();
  const app = routes([agent]);
  const response = await app.request("/batch", requestInit({ calls: calls(10) }, EVENTS));
  const events = await collect(readEvents(response.body!));
  const again = await app.request(`/batch/${events[0]!.data.id}`, {
    headers: { ...requestInit().headers, "last-event-id": events[3]!.id! },
  });
  assertEquals(await collect(readEvents(again.body!)), events.slice(4));
  const whole = await app.request(`/batch/${events[0]!.data.id}`, requestInit());
  assertEquals(await collect(readEvents(whole.body!)), events);
  assertEquals(provider.calls, 10);
});

Deno.test("only the caller of a batch can resume it, and only from an existing event", async () => {
  const app = routes([echo().agent], { auth: { tokens: ["s3cret", "other"] } });
  const response = await app.request("/batch", requestInit({ calls: calls(3) }, EVENTS));
  const [{ id, data }] = await collect(readEvents(response.body!)) as [
    ReceivedEvent,
    ...ReceivedEvent[],
  ];
  const resume = async (last: string, authorization = "Bearer s3cret") => {
    const { status, json } = await request(app, `/batch/${data.id}`, undefined, {
      "last-event-id": last,
      authorization,
    });
    return [status, json?.code];
  };
  const gone = [410, "not_resumable"];
  assertEquals(await resume(id!), [200, undefined]);
  assertEquals(await resume(id!, "Bearer other"), gone);
  const others = ["", "nonsense", `${data.id}.99`, `${data.id}.-1`, `${crypto.randomUUID()}.1`];
  for (const last of others) assertEquals(await resume(last), gone, last);
});

Deno.test("a batch cannot be resumed after the grace period, nor if it is 0", async () => {
  for (const resumeGrace of [0, 30]) {
    const app = routes([echo().agent], { limits: { resumeGrace } });
    const response = await app.request("/batch", requestInit({ calls: calls(3) }, EVENTS));
    const [{ data }] = await collect(readEvents(response.body!)) as [
      ReceivedEvent,
      ...ReceivedEvent[],
    ];
    await delay(60);
    assertEquals((await request(app, `/batch/${data.id}`)).status, 410);
  }
});

Deno.test("drops the oldest events above the limit", async () => {
  const app = routes([echo().agent], { limits: { resumeBytes: 80_000 } });
  const response = await app.request("/batch", requestInit({ calls: calls(200) }, EVENTS));
  const events = await collect(readEvents(response.body!));
  assertEquals(events.length, 202);
  const resume = (n: number) =>
    request(app, `/batch/${events[0]!.data.id}`, undefined, { "last-event-id": events[n]!.id! });
  assertEquals((await resume(5)).status, 410);
  assertEquals((await resume(195)).status, 200);
});

Deno.test("a client that reconnects before its disconnect was detected takes over", async () => {
  const { agent, provider } = echo("echo", 10);
  const app = routes([agent]);
  await using served = serve(app);
  const body = { calls: calls(40), concurrency: 2 };
  const leaving = new AbortController();
  const first = await fetch(`${served.url}/batch`, {
    ...requestInit(body, EVENTS),
    signal: leaving.signal,
  });
  const reader = readEvents(first.body!);
  const events: ReceivedEvent[] = [];
  for (let i = 0; i < 5; i++) events.push((await reader.next()).value!);
  const again = await fetch(`${served.url}/batch/${events[0]!.data.id}`, {
    headers: { ...requestInit().headers, "last-event-id": events[4]!.id! },
  });
  events.push(...await collect(readEvents(again.body!)));
  leaving.abort();
  await reader.return(undefined).catch(() => {});
  assertEquals(events.map(({ data }) => data.seq), [...Array(42).keys()].map((i) => i + 1));
  assertEquals(indexes(events).toSorted((a, b) => a - b), [...Array(40).keys()]);
  assert(provider.peakInFlight <= 4);
});

Deno.test("a slow client slows the batch", async () => {
  const text = "x".repeat(10_000);
  const { agent, provider } = echo();
  await using served = serve(routes([agent], { limits: { maxBatch: 5_000, maxBodyBytes: 1e8 } }));
  const body = JSON.stringify({
    calls: Array.from({ length: 3_000 }, () => ({ agent: "echo", params: { text } })),
    concurrency: 20,
  });
  const connection = await sendRaw(
    served.port,
    `POST /batch HTTP/1.1\r\nhost: x\r\nauthorization: Bearer s3cret\r\n` +
      `accept: text/event-stream\r\ncontent-type: application/json\r\n` +
      `content-length: ${body.length}\r\n\r\n${body}`,
  );
  assert((await readText(connection)).startsWith("HTTP/1.1 200"));
  // Once the socket buffers are full, no more calls are made.
  let before = -1;
  while (provider.calls !== before) {
    before = provider.calls;
    await delay(500);
  }
  assert(before < 2_000, `${before} of 3,000 calls were made for a client that does not read`);
  connection.close();
  await waitUntil(() => provider.inFlight === 0, "the batch has ended");
});
