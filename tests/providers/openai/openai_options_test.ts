import { defineAgent } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { errorOf } from "../../helpers.ts";
import { respondWith } from "./helpers.ts";
import { print } from "../../print.ts";

const baseURL = "http://127.0.0.1:1/v1";

Deno.test("options: rejects an unknown one, and suggests the nearest", () => {
  const names: [string, string][] = [
    ["apikey", "apiKey"],
    ["baseUrl", "baseURL"],
    ["header", "headers"],
    ["connection", "connections"],
    ["organisation", "organization"],
  ];
  for (const [name, nearest] of names) {
    const error = assertThrows(() => openai({ baseURL, [name]: "x" } as never), TypeError);
    assertEquals(
      error.message,
      `Cannot create the OpenAI provider as there is no option "${name}": ` +
        `did you mean "${nearest}"?`,
    );
  }
});

Deno.test("options: rejects wrong types and shapes at once", () => {
  const wrong: Record<string, unknown[]> = {
    apiKey: ["", " ", 5, null, "a\nb", "schlüssel"],
    baseURL: ["", "localhost:11434/v1", "/v1", "ftp://a/v1", 5, null, new URL("http://a/v1")],
    name: ["", 5],
    organization: ["", 5, "a\nb", "日本"],
    project: ["", 5, "a\rb"],
    headers: [
      "a: b",
      [],
      5,
      { a: 5 },
      { a: null },
      { a: "b\nc" },
      { "a b": "c" },
      { "": "c" },
      {
        "Content-Length": "5",
      },
      { upgrade: "h2c" },
      { "transfer-encoding": "chunked" },
    ],
    caCerts: ["pem", {}, [5], [""], ["/etc/ssl/ca.pem"], [new Uint8Array()]],
    connections: ["8", null, {}],
    api: ["completions", "", null, true],
    structuredOutput: ["json", "", null, true],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const error = assertThrows(
        () => openai({ baseURL, [name]: value }),
        TypeError,
        undefined,
        `${name}: ${print(value)}`,
      );
      assertStringIncludes(error.message, `Cannot create the OpenAI provider as ${name}`);
    }
  }
  for (const connections of [0, -1, 1.5, NaN, Infinity]) {
    const error = assertThrows(() => openai({ baseURL, connections }), RangeError);
    assertStringIncludes(error.message, `positive integer: current value is ${connections}`);
  }
  for (const options of [null, 5, "http://a/v1", []]) {
    assertThrows(() => openai(options as never), TypeError, "its options must be an object");
  }
});

Deno.test("options: treats undefined as absent", async () => {
  await using provider = openai({
    baseURL,
    apiKey: undefined,
    name: undefined,
    headers: undefined,
    connections: undefined,
    caCerts: undefined,
  });
  assertEquals(provider.name, "openai");
});

Deno.test("options: sets the provider's name", async () => {
  await using provider = openai({ baseURL, name: "ollama" });
  assertEquals(provider.name, "ollama");
});

Deno.test("options: accepts a base URL with a trailing slash", async () => {
  await using pair = respondWith({ choices: [{ message: { content: "a" } }] });
  await using provider = openai({ baseURL: `${pair.sim.url}/` });
  const A = defineAgent({ name: "a", model: "m", prompt: "x", provider, retries: 0 });
  assertEquals((await A.call({})).content, "a");
});

Deno.test("options: reports an invalid certificate clearly, and once", async () => {
  const pem = "-----BEGIN CERTIFICATE-----\nabcd\n-----END CERTIFICATE-----\n";
  await using provider = openai({ baseURL: "https://127.0.0.1:1/v1", caCerts: [pem] });
  const error = await errorOf(
    defineAgent({ name: "a", model: "m", prompt: "x", provider }).call({}),
  );
  assertEquals([error.attempts.length, error.retryable], [1, false]);
  assert(/certificate/i.test(String(error.cause)), String(error.cause));
});
