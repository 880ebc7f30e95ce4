import { replay, type ReplayOptions } from "@shoal/agents/testing";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import FakeTimers from "@sinonjs/fake-timers";
import { type Folder, folder, post } from "./helpers.ts";
import { writeFile } from "node:fs/promises";

interface Line {
  readonly index?: number;
  readonly path?: string;
  readonly body?: unknown;
  readonly answer: string;
  readonly ms?: number;
}

async function write(place: Folder, lines: readonly Line[]): Promise<string> {
  const file = place.path("recordings.jsonl");
  const text = lines.map(({ index = 0, path = "/chat/completions", body, answer, ms = 0 }) =>
    JSON.stringify({
      version: 1,
      index,
      server: "https://api.openai.com/v1",
      request: {
        method: "POST",
        path,
        headers: {},
        ...(body !== undefined && { body: { json: body } }),
      },
      response: { status: 200, headers: {}, ms, chunks: [{ ms, text: answer }] },
    })
  );
  await writeFile(file, text.join("\n\n") + "\n");
  return file;
}

async function answers(
  options: ReplayOptions,
  bodies: readonly unknown[],
  path = "/chat/completions",
): Promise<{ texts: string[]; rejected: readonly string[]; unused: number }> {
  await using replayed = replay(options);
  const texts: string[] = [];
  for (const body of bodies) {
    const response = await replayed.fetch(`https://host/v1${path}`, post("", body).init);
    texts.push(response.ok ? await response.text() : `${response.status}`);
    if (!response.ok) await response.body?.cancel();
  }
  return { texts, rejected: replayed.rejected, unused: replayed.unused.length };
}

Deno.test("replay: finds the answer by the request, and equal requests in order", async () => {
  await using place = await folder();
  const file = await write(place, [
    { index: 2, body: { q: 1 }, answer: "second" },
    { index: 1, body: { q: 2, other: [1, { b: 2, a: 1 }] }, answer: "other" },
    { index: 0, body: { q: 1 }, answer: "first" },
  ]);
  const asked = [{ other: [1, { a: 1, b: 2 }], q: 2 }, { q: 1 }, { q: 1 }];
  assertEquals(await answers({ file }, asked), {
    texts: ["other", "first", "second"],
    rejected: [],
    unused: 0,
  });
});

Deno.test("replay: strict rejects any other request, and reports where it differs", async () => {
  await using place = await folder();
  const file = await write(place, [
    { body: { messages: [{ content: "Hello" }] }, answer: "a" },
  ]);
  const asked = [{ messages: [{ content: "Bye" }] }, { messages: [{ content: "Hello" }] }, {
    messages: [{ content: "Hello" }],
  }];
  const { texts, rejected } = await answers({ file }, asked);
  assertEquals(texts, ["400", "a", "400"]);
  assertStringIncludes(rejected[0]!, "differs from the next one (index 0) at messages[0].content");
  assertStringIncludes(rejected[1]!, "all 1 recordings of this request");
  const other = await answers({ file }, [{}], "/responses");
  assertStringIncludes(other.rejected[0]!, "there is no recording of POST /responses");
});

Deno.test("replay: not strict takes the next of the endpoint, and repeats the last", async () => {
  await using place = await folder();
  const file = await write(place, [
    { index: 0, body: { q: 1 }, answer: "one" },
    { index: 1, body: { q: 2 }, answer: "two" },
  ]);
  const asked = [{ q: 2 }, { q: 9 }, { q: 9 }, { q: 1 }];
  const { texts, unused } = await answers({ file, strict: false }, asked);
  assertEquals([texts, unused], [["two", "one", "two", "one"], 0]);
});

Deno.test("replay: with timing, an answer takes as long as it took", async () => {
  await using place = await folder();
  const file = await write(place, [{ body: {}, answer: "slow", ms: 4_000 }]);
  const clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    await using replayed = replay({ file, timing: true });
    let text: string | undefined;
    const done = replayed.fetch("https://host/v1/chat/completions", post("", {}).init)
      .then(async (response) => text = await response.text());
    await clock.tickAsync(7_900);
    assertEquals(text, undefined);
    await clock.tickAsync(200);
    await done;
    assertEquals(text, "slow");
  } finally {
    clock.uninstall();
  }
});

Deno.test("replay: rejects a file with anything else, and names the line", async () => {
  await using place = await folder();
  const file = place.path("a.jsonl");
  const good = '{"version":1,"request":{"method":"GET","path":"/models"}}\n';
  const bad = [
    ["nonsense", "it is not JSON"],
    ["[]", "it is not an object"],
    ['{"version":2}', "its version is 2, and this is version 1"],
    ['{"version":1}', "it has no request with a method and a path"],
    ['{"version":1,"request":{"method":"GET","path":"/"},"response":{}}', "has no status"],
  ] as const;
  for (const [line, why] of bad) {
    await writeFile(file, good + line);
    const { message } = assertThrows(() => replay({ file }), TypeError);
    assertStringIncludes(message, `${file}:2 is not a recording: `);
    assertStringIncludes(message, why);
  }
  assertThrows(() => replay({} as never), TypeError, "file must be a path or a file URL");
  assertThrows(() => replay({ file, strikt: true } as never), TypeError, 'did you mean "strict"?');
  assertThrows(() => replay({ file: place.path("none") }), Error, "ENOENT");
});
