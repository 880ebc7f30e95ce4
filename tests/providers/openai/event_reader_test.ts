/** Reads events from streams that are split at any byte. */
import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { fakeTime } from "../../helpers.ts";
import { FetchResponse } from "../../../src/providers/http/send/fetch_response.ts";
import { EventReader } from "../../../src/providers/openai/event_reader.ts";

const encoder = new TextEncoder();
const never = new AbortController().signal;

/** A response with these chunks; `kind` is the type of its body's stream. */
function createResponse(
  chunks: readonly Uint8Array[],
  { kind = "bytes", ends = true }: { kind?: "bytes" | "plain"; ends?: boolean } = {},
) {
  const remaining = [...chunks];
  const state = { cancelled: 0 };
  const source = {
    pull(controller: ReadableByteStreamController | ReadableStreamDefaultController<Uint8Array>) {
      const chunk = remaining.shift();
      if (chunk !== undefined) return controller.enqueue(chunk.slice());
      if (!ends) return new Promise<void>(() => {});
      controller.close();
      // A BYOB reader gets its own buffer back.
      if ("byobRequest" in controller) controller.byobRequest?.respond(0);
    },
    cancel: () => void state.cancelled++,
  };
  const body = kind === "bytes"
    ? new ReadableStream({ type: "bytes", ...source })
    : new ReadableStream(source, { highWaterMark: 0 });
  return { response: new Response(body), state };
}

async function all(response: Response): Promise<unknown[]> {
  using reader = new EventReader(new FetchResponse(response), never);
  const events: unknown[] = [];
  for (let some; (some = await reader.next()) !== undefined;) events.push(...some);
  return events;
}

function cut(text: string, at: readonly number[]): Uint8Array[] {
  const bytes = encoder.encode(text);
  const places = [0, ...at.map((n) => n % bytes.length).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((to, i) => bytes.subarray(places[i], to)).filter((p) => p.length > 0);
}

Deno.test("event reader: reads the same events however they are split", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.record({ a: fc.integer() }))),
      fc.array(fc.nat(), { maxLength: 30 }),
      fc.constantFrom("\n", "\r\n"),
      fc.constantFrom("bytes", "plain"),
      async (said, at, line, kind) => {
        const events = said.map((one) => ({ one }));
        const text =
          events.map((event) => `: live${line}data: ${JSON.stringify(event)}${line}${line}`)
            .join("") + `data: [DONE]${line}${line}`;
        assertEquals(await all(createResponse(cut(text, at), { kind }).response), events);
      },
    ),
  );
});

Deno.test("event reader: reads an event that is larger than the largest buffer", async () => {
  for (const length of [2_048, 2_049, 65_536, 5_000_000]) {
    const event = { text: "ö".repeat(length / 2) };
    const text = `data: ${JSON.stringify(event)}\n\ndata: {"n":1}\n\n`;
    assertEquals(await all(createResponse([encoder.encode(text)]).response), [event, { n: 1 }]);
  }
});

Deno.test("event reader: reads a last event without a blank line", async () => {
  for (const end of ["", "\n", "\n\n"]) {
    const { response } = createResponse([encoder.encode(`data: {"n":1}\n\ndata: {"n":2}${end}`)]);
    assertEquals(await all(response), [{ n: 1 }, { n: 2 }]);
  }
});

Deno.test("event reader: ignores what follows the last event", async () => {
  const { response } = createResponse([
    encoder.encode('data: {"n":1}\n\ndata: [DONE]\n\ndata: {"n":2}\n\n'),
  ]);
  assertEquals(await all(response), [{ n: 1 }]);
});

Deno.test("event reader: returns events before a failure first", async () => {
  const { response, state } = createResponse([
    encoder.encode('data: {"n":1}\n\ndata: <html>\n\n'),
  ]);
  using reader = new EventReader(new FetchResponse(response), never);
  assertEquals(await reader.next(), [{ n: 1 }]);
  await assertRejects(() => reader.next(), SyntaxError);
  reader[Symbol.dispose]();
  assertEquals(state.cancelled, 1);
});

Deno.test("event reader: marks the errors that only the name of the event shows", async () => {
  const cases: [text: string, event: unknown][] = [
    ['event: error\ndata: {"message":"no"}', { error: { message: "no" } }],
    ['event: error\ndata: {"error":{"message":"no"}}', { error: { message: "no" } }],
    ["event: error\ndata: it broke", { error: "it broke" }],
    ['event: error\ndata: "it broke"', { error: "it broke" }],
  ];
  for (const [text, event] of cases) {
    assertEquals(await all(createResponse([encoder.encode(`${text}\n\n`)]).response), [event]);
  }
});

Deno.test("event reader: ignores empty data, pings and blanks around [DONE]", async () => {
  const noise = "data:\n\ndata: \n\ndata:   \n\nevent: ping\ndata: now\n\nevent: x\n\n: hm\n\n";
  for (const done of ["[DONE]", "[DONE] ", "  [DONE]\t", '"[DONE]"', "[done]"]) {
    const text = `${noise}data: {"n":1}\n\n${noise}data: ${done}\n\ndata: {"n":2}\n\n`;
    const { response } = createResponse([encoder.encode(text)]);
    using reader = new EventReader(new FetchResponse(response), never);
    assertEquals([await reader.next(), await reader.next()], [[{ n: 1 }], undefined]);
    assertEquals([reader.done, reader.document], [true, undefined]);
  }
});

Deno.test("event reader: keeps a document, however it is split", async () => {
  const documents = ['{"a": [1,\n\n2]}', "[]", "<html>\n</html>", "null", "OK", '"data: x"'];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...documents),
      fc.constantFrom("", "\n\n", ": comment\n\n", ": a\r\n: data: b\r\n\r\n", "\ufeff"),
      fc.array(fc.nat(), { maxLength: 10 }),
      async (document, filler, at) => {
        const { response } = createResponse(cut(filler + document, at));
        using reader = new EventReader(new FetchResponse(response), never);
        assertEquals([await reader.next(), reader.done], [undefined, false]);
        assertEquals(reader.document?.trim().endsWith(document), true);
      },
    ),
  );
});

Deno.test("event reader: fails without a body", async () => {
  await assertRejects(
    () => new EventReader(new FetchResponse(new Response(null)), never).next(),
    SyntaxError,
  );
});

Deno.test("event reader: cancels on dispose, and does not wait for a missing end", async () => {
  const { response, state } = createResponse([encoder.encode('data: {"n":1}\n\n')], {
    ends: false,
  });
  using reader = new EventReader(new FetchResponse(response), never);
  assertEquals(await reader.next(), [{ n: 1 }]);
  reader.expectEnd();
  assertEquals(await reader.next(), undefined);
  assertEquals(state.cancelled, 1);
});

Deno.test("event reader: cancels on abort, even if the Response was collected", async () => {
  const { response, state } = createResponse([encoder.encode('data: {"n":1}\n\n')], {
    ends: false,
  });
  const controller = new AbortController();
  using reader = new EventReader(new FetchResponse(response), controller.signal);
  assertEquals(await reader.next(), [{ n: 1 }]);
  const next = reader.next();
  const reason = new Error("enough");
  controller.abort(reason);
  assertEquals(await assertRejects(() => next), reason);
  assertEquals(state.cancelled, 1);
});

Deno.test("event reader: after a finish reason, silence ends the stream", async () => {
  using time = fakeTime();
  const { response, state } = createResponse([encoder.encode('data: {"a":1}\n\n')], {
    ends: false,
  });
  using reader = new EventReader(new FetchResponse(response), never);
  assertEquals(await reader.next(), [{ a: 1 }]);
  reader.expectRest();
  const rest = reader.next();
  await time.tick(2_000);
  assertEquals([await rest, state.cancelled], [undefined, 1]);
});
