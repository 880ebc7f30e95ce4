import { simulator } from "@shoal/agents/testing";
import { assertEquals } from "@std/assert";
import { OpenAI, toFile } from "openai";

const line = (id: string, text: string, more: object = {}) =>
  JSON.stringify({
    custom_id: id,
    method: "POST",
    url: "/v1/chat/completions",
    body: { model: "m", messages: [{ role: "user", content: text }] },
    ...more,
  });

/** Uploads a file with the SDK, and polls its batch until it has ended. */
async function batchOf(url: string, text: string) {
  const sdk = new OpenAI({ apiKey: "x", baseURL: url, maxRetries: 0 });
  const file = await sdk.files.create({
    file: await toFile(new TextEncoder().encode(text), "a.jsonl"),
    purpose: "batch",
  });
  const { id } = await sdk.batches.create({
    input_file_id: file.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
  });
  const batch = await sdk.batches.retrieve(id);
  const read = async (id?: string | null) =>
    id
      ? (await (await sdk.files.content(id)).text()).trim().split("\n").map((l) => JSON.parse(l))
      : [];
  return {
    sdk,
    file,
    batch,
    good: await read(batch.output_file_id),
    bad: await read(batch.error_file_id),
  };
}

Deno.test("a batch is answered by custom id, with failures in an error file", async () => {
  await using sim = simulator({
    respond: ({ text }) => `said ${text}`,
    script: ({ text }) => text === "b" ? "error500" : undefined,
  });
  const text = ["a", "b", "ü"].map((word) => line(`id-${word}`, word)).join("\n");
  const { batch, good, bad, file, sdk } = await batchOf(sim.url, text);
  assertEquals([batch.status, batch.request_counts], ["completed", {
    total: 3,
    completed: 2,
    failed: 1,
  }]);
  assertEquals(
    good.map(({ custom_id, response }) => [custom_id, response.body.choices[0].message.content])
      .toSorted(),
    [["id-a", "said a"], ["id-ü", "said ü"]],
  );
  assertEquals(bad.map(({ custom_id, response }) => [custom_id, response.status_code]), [[
    "id-b",
    500,
  ]]);
  assertEquals([sim.stats.batchRequests, file.bytes], [3, new TextEncoder().encode(text).length]);
  assertEquals((await sdk.batches.list()).data.map(({ id }) => id), [batch.id]);
  assertEquals((await sdk.files.list()).data.length, 3);
});

Deno.test("an invalid batch fails and names the lines", async () => {
  await using sim = simulator();
  const { batch } = await batchOf(
    sim.url,
    [line("a", "x"), "{", line("a", "y"), line("c", "z", { url: "/v1/responses" })].join("\n"),
  );
  assertEquals(batch.status, "failed");
  assertEquals(batch.errors?.data?.map(({ code, line }) => [code, line]), [
    ["invalid_json_line", 2],
    ["duplicate_custom_id", 3],
    ["mismatched_url", 4],
  ]);
  assertEquals(sim.stats.batchRequests, 0);
  assertEquals((await batchOf(sim.url, "")).batch.errors?.data?.[0]?.code, "empty_file");
});

Deno.test("a batch takes batchLatency and can be cancelled", async () => {
  await using sim = simulator({ batchLatency: 60_000 });
  const { sdk, batch } = await batchOf(sim.url, line("a", "x"));
  assertEquals([batch.status, batch.output_file_id], ["in_progress", null]);
  assertEquals((await sdk.batches.cancel(batch.id)).status, "cancelled");
});

Deno.test("a script that throws becomes an answer, a missing file a 404", async () => {
  await using sim = simulator({
    respond: () => {
      throw new Error("oh");
    },
  });
  assertEquals((await batchOf(sim.url, line("a", "x"))).bad[0].response.status_code, 500);
  for (const path of ["files/none", "files/none/content", "batches/none"]) {
    const response = await fetch(`${sim.url}/${path}`);
    await response.body?.cancel();
    assertEquals(response.status, 404);
  }
});
