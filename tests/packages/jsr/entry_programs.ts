/** A program for each entry of the package, with the permissions that the README names for it. */

/** A program of a user. */
export interface EntryProgram {
  /** The permissions that it needs, as flags of `deno run`. */
  readonly permissions: readonly string[];
  /** The source. `serverUrl` is the base URL of a model server. */
  source(serverUrl: string): string;
  /** What it prints. */
  readonly prints: string;
}

/** The programs by the entry that they use. */
export const ENTRY_PROGRAMS: Readonly<Record<string, EntryProgram>> = {
  ".": {
    permissions: ["--allow-net=127.0.0.1", "--allow-env=OPENAI_*"],
    source: () => `
      import { batch, defineAgent } from "@shoal/agents";
      const Label = defineAgent({ name: "label", model: "gpt-5-mini", prompt: "Label: {text}" });
      const results = await batch(["a", "b"].map((text) => [Label, { text }] as const));
      console.log(results.map(({ content }) => content).join(", "));
    `,
    prints: "Simulated answer to: Label: a, Simulated answer to: Label: b",
  },
  "./openai": {
    permissions: ["--allow-net=127.0.0.1"],
    source: (serverUrl) => `
      import { defineAgent } from "@shoal/agents";
      import { openai } from "@shoal/agents/openai";
      await using provider = openai({ baseURL: "${serverUrl}", apiKey: "key" });
      const Label = defineAgent({ name: "label", model: "m", prompt: "{text}", provider });
      for await (const event of Label.stream({ text: "a" })) {
        if (event.type === "result") console.log(event.result.content);
      }
    `,
    prints: "Simulated answer to: a",
  },
  "./ai-sdk": {
    permissions: ["--allow-net=127.0.0.1"],
    source: (serverUrl) => `
      import { createOpenAICompatible } from "npm:@ai-sdk/openai-compatible@^3.0.92";
      import { defineAgent } from "@shoal/agents";
      import { aiSdk } from "@shoal/agents/ai-sdk";
      const models = createOpenAICompatible({ name: "local", baseURL: "${serverUrl}" });
      const provider = aiSdk(models);
      const Label = defineAgent({ name: "label", model: "m", prompt: "{text}", provider });
      console.log((await Label.call({ text: "a" })).content);
    `,
    prints: "Simulated answer to: a",
  },
  "./hono": {
    permissions: [],
    source: () => `
      import { defineAgent } from "@shoal/agents";
      import { agentRoutes } from "@shoal/agents/hono";
      import { scripted } from "@shoal/agents/testing";
      const provider = scripted("positive");
      const Label = defineAgent({ name: "label", model: "m", prompt: "{text}", provider });
      const app = agentRoutes({ agents: [Label], auth: { tokens: ["secret"] }, dashboard: true });
      const headers = { authorization: "Bearer secret", "content-type": "application/json" };
      const response = await app.request("/label", { method: "POST", headers, body: '{"text":"a"}' });
      const page = await app.request("/dashboard", { headers });
      console.log((await response.json()).content, page.status, (await page.text()).slice(0, 15));
    `,
    prints: "positive 200 <!DOCTYPE html>",
  },
  "./journal": {
    permissions: ["--allow-read=labels.db", "--allow-write=labels.db"],
    source: () => `
      import { batch, defineAgent, summarize } from "@shoal/agents";
      import { sqliteJournal } from "@shoal/agents/journal";
      import { scripted } from "@shoal/agents/testing";
      const provider = scripted("positive");
      const Label = defineAgent({ name: "label", model: "m", prompt: "{text}", provider });
      await using journal = sqliteJournal("./labels.db");
      const run = () => batch([[Label, { text: "a" }]], { journal, runId: "labels" });
      console.log(summarize(await run()).replayed, summarize(await run()).replayed);
    `,
    prints: "0 1",
  },
  "./testing": {
    permissions: ["--allow-net=127.0.0.1"],
    source: () => `
      import { defineAgent } from "@shoal/agents";
      import { openai } from "@shoal/agents/openai";
      import { simulator, virtualTime } from "@shoal/agents/testing";
      await using server = simulator({ faults: { error500: 0.5 }, seed: 1 });
      await using provider = openai({ baseURL: server.url, apiKey: "key" });
      const retries = { max: 9, base: 1 };
      const Label = defineAgent({ name: "label", model: "m", prompt: "{text}", provider, retries });
      console.log((await Label.call({ text: "a" })).content, virtualTime({ seed: 1 }).now);
    `,
    prints: "Simulated answer to: a 0",
  },
  "./workers": {
    permissions: ["--allow-read=agents.ts"],
    source: () => `
      import { batch } from "@shoal/agents";
      import { workers } from "@shoal/agents/workers";
      import { Upper } from "./agents.ts";
      await using pool = workers({ module: import.meta.resolve("./agents.ts"), size: 2 });
      const calls = ["a", "b", "c"].map((text) => [Upper, { text }] as const);
      const results = await batch(calls, { mode: pool });
      console.log(results.map(({ content }) => content).join(" "), pool.stats().size);
    `,
    prints: "A B C 2",
  },
  "./cli": {
    permissions: ["--allow-read=.no-such-folder"],
    source: () => `
      import { shoal } from "@shoal/agents/cli";
      console.log(await shoal(["runs", "--dir", ".no-such-folder"]));
    `,
    prints: "0",
  },
};

/** The module whose agents run in workers and on the command line. */
export const AGENTS = `
  import { defineAgent } from "@shoal/agents";
  export const Upper = defineAgent({
    name: "upper",
    run: ({ text }: { text: string }) => Promise.resolve(text.toUpperCase()),
  });
`;
