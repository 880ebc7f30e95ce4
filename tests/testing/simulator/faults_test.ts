import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { simulator, type SimulatorFault } from "../../../src/testing/simulator/simulator.ts";
import { chat, readEvents, textOf, until } from "./client.ts";
import { runtime } from "../../runtime.ts";

/** Whether nothing arrives for a while. */
async function isSilent(promise: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<true>((resolve) => timer = setTimeout(() => resolve(true), 150));
  const spoken = promise.then(() => false, () => false);
  const silent = await Promise.race([silence, spoken]);
  clearTimeout(timer);
  return silent;
}

const stream = { stream: true, stream_options: { include_usage: true } };

for (const status of [400, 401, 403, 404, 408, 409, 422, 429, 500, 503, 529] as const) {
  Deno.test(`fault ${status}`, async () => {
    await using sim = simulator({ script: [`${status}`, "ok"] });
    const response = await chat(sim);
    assertEquals(response.status, status);
    const { error } = await response.json();
    assertEquals(Object.keys(error), ["message", "type", "param", "code"]);
    assertEquals(response.headers.has("retry-after"), status === 429);
    const next = await chat(sim);
    assertEquals(next.status, 200);
    await next.body?.cancel();
    assertEquals(sim.stats.faults, { [status === 429 ? "rateLimit" : `error${status}`]: 1 });
  });
}

Deno.test("fault insufficientQuota is a 429 without a retry delay", async () => {
  await using sim = simulator({ faults: { insufficientQuota: 1 } });
  const response = await chat(sim);
  assertEquals(response.status, 429);
  assertEquals(response.headers.get("retry-after"), null);
  assertEquals((await response.json()).error.code, "insufficient_quota");
});

Deno.test("a fault with details: status, retry delay, body and headers", async () => {
  await using sim = simulator({
    script: [
      { type: "status", status: 429, retryAfterMs: 1500, headers: { "X-A": "1" } },
      {
        type: "status",
        status: 502,
        body: "<html>Bad Gateway</html>",
        headers: { "content-type": "text/html" },
      },
      { type: "rateLimit", retryAfterMs: null },
      { type: "status", status: 429, headers: { "retry-after-ms": null } },
    ],
  });
  const first = await chat(sim);
  assertEquals(first.headers.get("retry-after"), "2");
  assertEquals(first.headers.get("retry-after-ms"), "1500");
  assertEquals(first.headers.get("x-a"), "1");
  await first.body?.cancel();
  const second = await chat(sim);
  assertEquals(second.status, 502);
  assertEquals(second.headers.get("content-type"), "text/html");
  assertEquals(await second.text(), "<html>Bad Gateway</html>");
  const third = await chat(sim);
  assertEquals([third.status, third.headers.get("retry-after")], [429, null]);
  await third.body?.cancel();
  const fourth = await chat(sim);
  assertEquals(fourth.headers.get("retry-after-ms"), null);
  assertEquals(fourth.headers.get("retry-after"), "1");
  await fourth.body?.cancel();
});

Deno.test("fault reset breaks the connection before the headers, new or reused", async () => {
  await using sim = simulator({ script: ["ok", "reset", "ok", "reset"] });
  for (let i = 0; i < 2; i++) {
    assertEquals((await (await chat(sim)).json()).object, "chat.completion");
    await assertRejects(() => chat(sim), TypeError);
  }
  assertEquals(sim.stats.requests, 4);
  assertEquals(sim.stats.byStatus, { 200: 2 });
  assertEquals(sim.stats.faults, { reset: 2 });
  assertEquals(sim.stats.aborted, 0);
});

Deno.test("a reset configured later reaches the client: idle connections are closed", async () => {
  await using sim = simulator();
  await (await chat(sim)).json();
  sim.configure({ script: ["reset"] });
  await assertRejects(() => chat(sim), TypeError);
});

Deno.test("with keepAlive a reset hits reused connections, and Deno's fetch retries", async () => {
  await using sim = simulator({ keepAlive: true, script: ["ok", "reset", "ok"] });
  await (await chat(sim)).json();
  const second = await chat(sim).then((response) => response.json(), () => undefined);
  const retries = runtime === "deno";
  assertEquals(
    [second?.object, sim.stats.requests],
    retries ? ["chat.completion", 3] : [undefined, 2],
  );
});

for (const body of [{}, stream]) {
  const kind = "stream" in body ? "stream" : "JSON";

  Deno.test(`fault resetBody: ${kind}`, async () => {
    await using sim = simulator({ faults: { resetBody: 1 } });
    const response = await chat(sim, body);
    assertEquals(response.status, 200);
    await assertRejects(() => response.text(), TypeError);
  });

  Deno.test(`fault stallHeaders: ${kind}`, async () => {
    await using sim = simulator({ faults: { stallHeaders: 1 } });
    const controller = new AbortController();
    const answer = chat(sim, body, { signal: controller.signal });
    assert(await isSilent(answer));
    assertEquals(sim.stats.byStatus, {});
    controller.abort();
    await assertRejects(() => answer);
    await until(() => sim.stats.aborted === 1);
  });

  Deno.test(`fault stall: ${kind}`, async () => {
    await using sim = simulator({ faults: { stall: 1 } });
    const response = await chat(sim, body);
    assertEquals(response.status, 200);
    const reader = response.body!.getReader();
    const read = reader.read();
    assert(await isSilent(read));
    await reader.cancel();
    await until(() => sim.stats.aborted === 1);
  });

  Deno.test(`fault slowHeaders: ${kind}`, async () => {
    await using sim = simulator({ script: [{ type: "slowHeaders", ms: 200 }] });
    const start = performance.now();
    const response = await chat(sim, body);
    assert(performance.now() - start > 150);
    assert((await response.text()).includes("chatcmpl"));
  });
}

Deno.test("fault stallKeepAlive sends only comments", async () => {
  await using sim = simulator({ script: [{ type: "stallKeepAlive", everyMs: 5 }] });
  const response = await chat(sim, stream);
  let text = "";
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.length > 60) break;
  }
  assertMatch(text, /^(: keep-alive\n\n)+$/);
  await until(() => sim.stats.aborted === 1);
});

Deno.test("fault stallKeepAlive in a JSON answer sends blank lines", async () => {
  await using sim = simulator({ script: [{ type: "stallKeepAlive", everyMs: 5 }] });
  const response = await chat(sim);
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    assertEquals(piece.trim(), "");
    break;
  }
});

Deno.test("a stall may come after some chunks", async () => {
  await using sim = simulator({ script: [{ type: "stall", afterChunks: 2 }], chunkSize: 1 });
  const response = await chat(sim, stream);
  const reader = response.body!.getReader();
  const { value } = await reader.read();
  assertEquals(textOf(readEvents(new TextDecoder().decode(value)).data).length, 8);
  assert(await isSilent(reader.read()));
  await reader.cancel();
});

Deno.test("fault truncate ends a stream cleanly without finish_reason and [DONE]", async () => {
  await using sim = simulator({ faults: { truncate: 1 } });
  const { data, done } = readEvents(await (await chat(sim, stream)).text());
  assert(!done);
  assert(textOf(data).length > 0);
  assert(data.every((chunk) => chunk.choices[0].finish_reason === null));
});

Deno.test("faults truncate and malformed break a JSON body", async () => {
  await using sim = simulator({ script: ["truncate", "malformed"] });
  for (let i = 0; i < 2; i++) {
    const response = await chat(sim);
    assertEquals(response.status, 200);
    await assertRejects(() => response.json(), SyntaxError);
  }
});

Deno.test("fault malformed breaks an event of a stream", async () => {
  await using sim = simulator({ faults: { malformed: 1 } });
  const events = (await (await chat(sim, stream)).text()).split("\n\n").filter((event) =>
    event !== ""
  );
  const broken = events.filter((event) => {
    try {
      JSON.parse(event.slice(6));
      return false;
    } catch {
      return event !== "data: [DONE]";
    }
  });
  assertEquals(broken.length, 1);
});

Deno.test("fault streamError puts an error object into the stream", async () => {
  await using sim = simulator({ faults: { streamError: 1 } });
  const { data, done } = readEvents(await (await chat(sim, stream)).text());
  assert(!done);
  assert(textOf(data).length > 0);
  assertEquals(data.at(-1).error.type, "server_error");
  const response = await chat(sim);
  assertEquals(response.status, 200);
  assertEquals((await response.json()).error.type, "server_error");
});

Deno.test("fault emptyChoices", async () => {
  await using sim = simulator({ faults: { emptyChoices: 1 } });
  assertEquals((await (await chat(sim)).json()).choices, []);
  const { data, done } = readEvents(await (await chat(sim, stream)).text());
  assert(done);
  assert(data.every((chunk) => chunk.choices.length === 0));
});

Deno.test("faults length and contentFilter cut the answer off with that reason", async () => {
  await using sim = simulator({ script: ["ok", "length", "contentFilter", "length"] });
  const whole = (await (await chat(sim)).json()).choices[0].message.content;
  for (const reason of ["length", "content_filter"]) {
    const [choice] = (await (await chat(sim)).json()).choices;
    assertEquals(choice.finish_reason, reason);
    assert(
      whole.startsWith(choice.message.content) && choice.message.content.length < whole.length,
    );
  }
  const { data } = readEvents(await (await chat(sim, stream)).text());
  assertEquals(data.at(-2).choices[0].finish_reason, "length");
});

Deno.test("fault refusal", async () => {
  await using sim = simulator({ faults: { refusal: 1 } });
  const { message, finish_reason } = (await (await chat(sim)).json()).choices[0];
  assertEquals(message.content, null);
  assertMatch(message.refusal, /can't help/);
  assertEquals(finish_reason, "stop");
  const { data } = readEvents(await (await chat(sim, stream)).text());
  const refusal = data.map((chunk) => chunk.choices[0]?.delta.refusal ?? "").join("");
  assertEquals(refusal, message.refusal);
});

Deno.test("a script may be a function of the request and its number", async () => {
  const seen: [number, string][] = [];
  await using sim = simulator({
    script: (request, n): SimulatorFault | undefined => {
      seen.push([n, request.text]);
      return n === 1 ? "503" : undefined;
    },
  });
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) {
    const response = await chat(sim);
    await response.body?.cancel();
    statuses.push(response.status);
  }
  assertEquals(statuses, [200, 503, 200]);
  assertEquals(seen, [[0, "Hello"], [1, "Hello"], [2, "Hello"]]);
});

Deno.test("faults occur at about their rates", async () => {
  await using sim = simulator({ faults: { rateLimit: 0.2, error500: 0.1 } });
  await Promise.all(Array.from({ length: 500 }, async () => (await chat(sim)).body?.cancel()));
  const { byStatus, faults } = sim.stats;
  assert(byStatus[429]! > 60 && byStatus[429]! < 150, `${byStatus[429]} of 500`);
  assert(byStatus[500]! > 25 && byStatus[500]! < 90, `${byStatus[500]} of 500`);
  assertEquals(faults, { rateLimit: byStatus[429]!, error500: byStatus[500]! });
});
