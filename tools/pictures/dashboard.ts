/** Takes a picture of the dashboard, in a real browser, while agents are called. */
import { configure } from "@shoal/agents";
import { agentRoutes } from "@shoal/agents/hono";
import { openai } from "@shoal/agents/openai";
import { simulator } from "@shoal/agents/testing";
import { Sentiment, Summary } from "../../examples/_agents.ts";
import { launch } from "../../tests/hono/dashboard/browser.ts";

const TOKEN = "secret";
const HEADERS = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };

/** Returns the picture as PNG: the first page, while one batch is running and others are done. */
export async function dashboardPicture(): Promise<Uint8Array> {
  await using model = simulator({
    latency: { p50: 120, p99: 600 },
    limits: { requestsPerMinute: 100_000 },
    seed: 1,
  });
  await using provider = openai({
    baseURL: model.url,
    apiKey: "none",
    limits: { concurrency: 200, requestsPerMinute: 60_000 },
  });
  configure({ provider, model: "gpt-5-mini" });
  const app = agentRoutes({
    agents: [Sentiment, Summary],
    auth: { tokens: [{ token: TOKEN, id: "nightly-labels" }] },
    dashboard: { title: "Reviews", interval: 200 },
  });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, app.fetch);
  const url = `http://127.0.0.1:${server.addr.port}`;
  const batch = async (count: number): Promise<void> => {
    const calls = Array.from({ length: count }, (_, i) => ({
      agent: i % 3 === 0 ? "summary" : "sentiment",
      params: { input: `Great kettle, boils fast (${i})` },
    }));
    const body = JSON.stringify({ calls, concurrency: 40 });
    await (await fetch(`${url}/batch`, { method: "POST", headers: HEADERS, body })).json();
  };
  const browser = await launch();
  try {
    await batch(300);
    await batch(450);
    const page = await browser.newPage({
      viewport: { width: 1_100, height: 780 },
      colorScheme: "light",
      reducedMotion: "reduce",
    });
    await page.goto(`${url}/dashboard`);
    await page.fill("#token", TOKEN);
    await page.keyboard.press("Enter");
    await page.locator("#state", { hasText: "Live" }).waitFor();
    const running = batch(1_000);
    await page.waitForTimeout(2_500);
    const picture = await page.screenshot({ type: "png", animations: "disabled", caret: "hide" });
    await running;
    return picture;
  } finally {
    await browser.close();
    await app.shutdown({ grace: 0 });
    await server.shutdown();
  }
}
