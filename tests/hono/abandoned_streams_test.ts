/** Tests the memory of batch streams that are kept to be resumed. */
import { defineAgent } from "@shoal/agents";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { startModule } from "../child.ts";
import { runtime } from "../runtime.ts";
import { collect, echo, readEvents, request, requestInit, routes } from "./helpers.ts";

Deno.test({
  name: "many abandoned streams of one caller fit into a small heap (on Deno, which sets its size)",
  ignore: runtime !== "deno",
  async fn() {
    const child = new URL("./abandoned_streams_child.ts", import.meta.url);
    await using running = startModule(child, {
      permissions: ["-P=test", "--v8-flags=--max-old-space-size=160"],
      args: ["60"],
    });
    const timer = setTimeout(() => void running.kill(), 120_000);
    const { code, stdout, stderr } = await running.output;
    clearTimeout(timer);
    assertEquals(code, 0, stderr.slice(-2_000));
    // The oldest was dropped, the newest is complete, and the running stream was never cut off.
    assertEquals(JSON.parse(stdout), { oldest: 410, newest: 200, running: 3 });
  },
});

const EVENTS = { accept: "text/event-stream" };

/** Routes for two callers with an agent whose answer has this many bytes. */
function forTwo(bytes: number, limits: object) {
  const agent = defineAgent({ name: "fat", run: () => "x".repeat(bytes) });
  const app = routes([agent], { auth: { tokens: ["s3cret", "other"] }, limits });
  /** Runs a batch to its end, and returns its ID: it is then abandoned. */
  const run = async (token = "s3cret", calls = 4) => {
    const body = { calls: Array.from({ length: calls }, () => ({ agent: "fat" })) };
    const init = requestInit(body, { ...EVENTS, authorization: `Bearer ${token}` });
    const events = await collect(readEvents((await app.request("/batch", init)).body!));
    assertEquals(events.at(-1)?.data.ok, calls, "a stream is never cut off");
    return events[0]!.data.id as string;
  };
  const resume = async (id: string, token = "s3cret") => {
    const headers = { authorization: `Bearer ${token}` };
    return (await request(app, `/batch/${id}`, undefined, headers)).status;
  };
  return { app, run, resume };
}

Deno.test("a caller cannot displace the streams of another one", async () => {
  const { run, resume } = forTwo(5_000, { resumeBytes: 400_000, resumeShare: 0.5 });
  const kept = await run("other");
  const ids = [];
  for (let i = 0; i < 20; i++) ids.push(await run());
  assertEquals(await resume(kept, "other"), 200);
  assertEquals(await resume(ids[0]!), 410, "the oldest of the caller was dropped");
  assertEquals(await resume(ids.at(-1)!), 200);
});

Deno.test("the stream that was abandoned first is dropped first, not the one that began first", async () => {
  const { run, resume } = forTwo(5_000, { resumeBytes: 100_000, resumeShare: 1 });
  const first = await run();
  const second = await run();
  // A resumption makes it the one that was abandoned last.
  assertEquals(await resume(first), 200);
  await run();
  await run();
  assertEquals([await resume(second), await resume(first)], [410, 200]);
});

Deno.test("the total of all callers is bounded, however many there are", async () => {
  let caller = 0;
  const agent = defineAgent({ name: "fat", run: () => "x".repeat(5_000) });
  const app = routes([agent], {
    auth: ({ headers }) => headers.get("x-caller"),
    limits: { resumeBytes: 100_000 },
  });
  const ids: string[] = [];
  for (; caller < 20; caller++) {
    const init = requestInit({ calls: [{ agent: "fat" }] }, { ...EVENTS, "x-caller": `${caller}` });
    const events = await collect(readEvents((await app.request("/batch", init)).body!));
    ids.push(events[0]!.data.id);
  }
  const statuses = await Promise.all(
    ids.map(async (id, i) =>
      (await request(app, `/batch/${id}`, undefined, { "x-caller": `${i}` })).status
    ),
  );
  const firstKept = statuses.indexOf(200);
  assert(firstKept > 5 && firstKept < 19, statuses.join());
  assertEquals(new Set(statuses.slice(0, firstKept)), new Set([410]));
  assertEquals(new Set(statuses.slice(firstKept)), new Set([200]));
});

Deno.test("a stream above all bounds runs to its end, without being kept", async () => {
  const { run, resume } = forTwo(50_000, { resumeBytes: 1_000 });
  const id = await run("s3cret", 20);
  assertEquals(await resume(id), 410);
});

Deno.test("text outside of Latin-1 weighs twice as much", async () => {
  const keptOf = async (text: string) => {
    const agent = defineAgent({ name: "a", run: () => text.repeat(5_000) });
    const app = routes([agent], { limits: { resumeBytes: 100_000, resumeShare: 1 } });
    const ids: string[] = [];
    for (let i = 0; i < 20; i++) {
      const init = requestInit({ calls: [{ agent: "a" }] }, EVENTS);
      ids.push((await collect(readEvents((await app.request("/batch", init)).body!)))[0]!.data.id);
    }
    let kept = 0;
    for (const id of ids) if ((await request(app, `/batch/${id}`)).status === 200) kept++;
    return kept;
  };
  const [latin, other] = [await keptOf("é"), await keptOf("є")];
  assert(latin > other && other > 0, `${latin}, ${other}`);
});

Deno.test("rejects a share that is none", () => {
  for (const resumeShare of [0, -1, 1.1, NaN]) {
    assertThrows(
      () => routes([echo().agent], { limits: { resumeShare } }),
      RangeError,
      "resumeShare",
    );
  }
});
