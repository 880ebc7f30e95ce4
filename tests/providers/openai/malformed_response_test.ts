import { ProviderError } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { chunk, DONE, listen, neverAborts, request, respondWith, streamOf } from "./helpers.ts";
import { print } from "../../print.ts";

const PROMPT = "my private diary";

Deno.test("malformed response: an error page in HTML", async () => {
  const title = "<head><title>502\n Bad Gateway</title></head>";
  const html = `<html>${title}<body><h1>502</h1>${PROMPT}</body></html>`;
  for (const [status, retryable] of [[502, true], [403, false]] as const) {
    await using pair = respondWith(html, { status, headers: { "content-type": "text/html" } });
    for (const error of [await pair.error(), await pair.streamError()]) {
      assertEquals([error.code, error.status, error.retryable], ["provider", status, retryable]);
      assertEquals(
        error.message,
        `the server answered ${status}: an HTML page with the title "502 Bad Gateway"`,
      );
    }
  }
});

Deno.test("malformed response: errors in the formats of other servers", async () => {
  const bodies: [unknown, string][] = [
    [{ object: "error", message: "no such model", code: 40401 }, ": no such model"], // vLLM
    [{ message: "wrong" }, ": wrong"],
    // Gemini
    [[{ error: { code: 400, message: "API key not valid", status: "X" } }], ": API key not valid"],
    [{ error: PROMPT }, ": [prompt]"],
    [{ error: null }, ""],
    [{ error: { message: { text: PROMPT } } }, ""],
    // FastAPI echoes the input.
    [{ detail: [{ loc: ["body", 0], msg: "too long", input: PROMPT }] }, ": body.0: too long"],
    [{ detail: `no ${PROMPT}` }, ": no [prompt]"],
    [`${PROMPT}?`, ": [prompt]?"],
    [`{"half": "${PROMPT}`, ""],
    [{ [PROMPT]: PROMPT }, ""],
    ["", ""],
    ["null", ""],
    ["[]", ""],
    ["5", ""],
  ];
  for (const [body, suffix] of bodies) {
    await using pair = respondWith(body, { status: 400 });
    const error = await pair.error(request(PROMPT));
    assertEquals(error.message, `the server answered 400${suffix}`, JSON.stringify(body));
    assertEquals([error.code, error.status, error.retryable], ["provider", 400, false]);
    assert(!print(error).includes(PROMPT));
  }
});

Deno.test("malformed response: truncates a long message", async () => {
  await using pair = respondWith({ error: { message: "x".repeat(100_000) } }, { status: 422 });
  assert((await pair.error()).message.length < 400);
});

Deno.test("malformed response: status 200 without a completion", async () => {
  const bodies = [
    "",
    "OK",
    "<html>",
    '{"choices":[{"mess',
    "null",
    "[]",
    "5",
    '"text"',
    "{}",
    { choices: null },
    { choices: {} },
    { choices: [] },
    { choices: [null] },
    { choices: [{}] },
    { choices: [{ message: null }] },
    { choices: [{ message: "hi" }] },
  ];
  for (const body of bodies) {
    await using pair = respondWith(body, { headers: { "content-type": "text/plain" } });
    for (const error of [await pair.error(), await pair.streamError()]) {
      assertEquals(error.retryable, true, JSON.stringify(body));
      assert(error.code === "provider" || error.code === "truncated");
      assertEquals(error.status, undefined);
    }
    assertEquals((await pair.error()).code, "provider");
  }
});

Deno.test("malformed response: a status that allows no body", async () => {
  await using server = listen(async (conn) => {
    await conn.read();
    await conn.write("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    conn.close();
  });
  await using provider = openai({ baseURL: server.url });
  const complete = await assertRejects(
    () => provider.generate(request(), { signal: neverAborts() }),
    ProviderError,
  );
  const streamed = await assertRejects(
    () => Array.fromAsync(provider.stream(request(), { signal: neverAborts() })),
    ProviderError,
  );
  for (const error of [complete, streamed]) {
    assert(error.retryable && ["provider", "truncated"].includes(error.code), error.code);
  }
});

Deno.test("malformed response: keeps the usage", async () => {
  const usage = { prompt_tokens: 5, completion_tokens: 0 };
  await using pair = respondWith({ choices: [], usage });
  assertEquals((await pair.error()).usage?.inputTokens, 5);
});

Deno.test("malformed response: is not quoted", async () => {
  await using pair = respondWith(`{"choices": ${PROMPT}`);
  for (const error of [await pair.error(), await pair.streamError()]) {
    assert(!print(error).includes("diary"), error.message);
  }
  await using stream = streamOf(`data: {"choices": ${PROMPT}\n\n`, DONE);
  assert(!print(await stream.streamError()).includes("diary"));
});

Deno.test("malformed response: an error with status 200", async () => {
  const errors: [unknown, string, number | undefined, boolean][] = [
    [{ message: "provider overloaded", code: 502 }, "provider", 502, true],
    [{ message: "slow down", code: 429 }, "rate_limited", 429, true],
    [{ message: "bad image", code: 400 }, "provider", 400, false],
    [{ message: "no money", code: "insufficient_quota" }, "provider", undefined, false],
    [{ message: "overloaded", code: "server_error" }, "provider", undefined, true],
    [{ message: "odd number", code: 42 }, "provider", undefined, true],
    ["it broke", "provider", undefined, true],
  ];
  for (const [error, code, status, retryable] of errors) {
    await using complete = respondWith({ error });
    await using streamed = streamOf(chunk("a"), { error, choices: [] });
    for (const thrown of [await complete.error(), await streamed.streamError()]) {
      assertEquals([thrown.code, thrown.status, thrown.retryable], [code, status, retryable]);
      const reason = typeof error === "string" ? error : (error as { message: string }).message;
      assertStringIncludes(thrown.message, reason);
    }
  }
});

Deno.test("malformed response: classifies by status although the body never arrives", async () => {
  await using server = listen(async (conn) => {
    await conn.read();
    const head = "HTTP/1.1 400 Bad Request\r\ncontent-length: 1000\r\n\r\n";
    await conn.write(head + '{"error": {"mess');
    conn.close();
  });
  await using provider = openai({ baseURL: server.url });
  const error = await assertRejects(
    () => provider.generate(request(), { signal: neverAborts() }),
    ProviderError,
  );
  assertEquals([error.code, error.status, error.retryable], ["provider", 400, false]);
});
