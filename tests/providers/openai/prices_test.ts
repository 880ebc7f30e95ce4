/** Costs at servers that need no connection here: `fetch` is an option. */
import { defineAgent } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { assert, assertEquals } from "@std/assert";

/** Calls a model at a server that answers with this body, and returns the cost. */
async function costAt(baseURL: string, model: string, more: Record<string, unknown> = {}) {
  const answer = () =>
    Promise.resolve(Response.json({
      model,
      choices: [{ message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 1e6, completion_tokens: 1e6, total_tokens: 2e6 },
      ...more,
    }));
  await using provider = openai({ baseURL, apiKey: "none-at-all", fetch: answer });
  const A = defineAgent({ name: "a", model, prompt: "x", provider });
  return (await A.call({})).cost;
}

Deno.test("openai: models are priced by their server", async () => {
  const openRouter = await costAt("https://openrouter.ai/api/v1", "openai/gpt-4o-mini");
  assertEquals([openRouter?.total, openRouter?.source], [0.75, "prices"]);
  assert(await costAt("https://api.groq.com/openai/v1", "llama-3.3-70b-versatile"));
  const azure = "https://mine.openai.azure.com/openai/v1";
  assertEquals(await costAt(azure, "reviews"), undefined);
  const served = await costAt(azure, "reviews", { model: "gpt-4o-mini-2024-07-18" });
  assertEquals(served?.total, 0.75);
});

Deno.test("openai: the service tier of the answer has its price, or none", async () => {
  const url = "https://api.openai.com/v1";
  const standard = await costAt(url, "gpt-5-mini", { service_tier: "default" });
  const flex = await costAt(url, "gpt-5-mini", { service_tier: "flex" });
  assertEquals(flex!.total, standard!.total / 2);
  assertEquals(await costAt(url, "gpt-5-mini", { service_tier: "priority" }), undefined);
});
