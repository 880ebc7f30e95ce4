/** No key ever enters a journal, and prompts only on request. */
import { batch, defineAgent, defineParallel, definePipeline, each } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { sqliteJournal } from "@shoal/agents/journal";
import { scripted, simulator } from "@shoal/agents/testing";
import { assertEquals } from "@std/assert";
import { z } from "zod";
import { inFolder } from "./helpers.ts";
import { readFile } from "node:fs/promises";

const KEY = "sk-verysecret0123456789";
const PROMPT = "a confidential prompt";
const SYSTEM = "You are the soul of discretion.";

for (const store of ["none", "output", "all"] as const) {
  Deno.test(`secrets: no key with store: "${store}", and prompts only with "all"`, () =>
    inFolder(async (folder) => {
      const path = `${folder}/j.db`;
      await using server = simulator({
        script: ["401", "500", "reset", "ok", "length", "emptyChoices", "refusal"],
      });
      await using provider = openai({ baseURL: server.url, apiKey: KEY });
      const Label = defineAgent({
        name: "label",
        model: "m",
        system: SYSTEM,
        // The simulator echoes prompts, so not every secret may be in them.
        prompt: ({ n }: { n: number; secret: string }) => `Label row ${n}.`,
        provider,
        retries: 0,
        extra: { user: KEY },
      });
      const Wrapped = defineAgent({
        name: "wrapped",
        run: async ({ text }: { text: string }) => {
          await Label.call({ n: 1, secret: text });
          return 1;
        },
      });
      await using journal = sqliteJournal(path, { store });
      const calls = Array.from({ length: 8 }, (_, n) => [Label, { n, secret: PROMPT }] as const);
      const wrapped = [[Wrapped, { text: PROMPT }, { messages: [] }]] as const;
      const options = { journal, runId: "r", concurrency: 1 };
      const results = await batch(calls, { ...options, retryFailed: true });
      await batch(wrapped, options);
      assertEquals(results.some(({ ok }) => ok) && results.some(({ ok }) => !ok), true);
      await journal.close();
      const bytes = new TextDecoder("latin1").decode(await readFile(path));
      assertEquals([bytes.includes(KEY), bytes.includes("verysecret")], [false, false]);
      assertEquals([bytes.includes(PROMPT), bytes.includes(SYSTEM)], [store === "all", false]);
    }));
}

Deno.test('secrets: no text that user code threw with store: "none", whatever threw it', () =>
  inFolder(async (folder) => {
    const path = `${folder}/j.db`;
    const fail = () => {
      throw new Error(PROMPT);
    };
    const base = { model: "m", provider: scripted("ok") };
    const Run = defineAgent({ name: "run", run: fail });
    const Text = defineAgent({
      name: "text",
      run: () => {
        throw PROMPT;
      },
    });
    const Hook = defineAgent({ ...base, name: "hook", prompt: "x", hooks: { after: fail } });
    const Steps = definePipeline({ name: "steps", steps: [{ agent: Run, params: () => ({}) }] });
    const Params = definePipeline({ name: "params", steps: [{ agent: Run, params: fail }] });
    const Sum = defineParallel({ name: "sum", branches: { hook: Hook }, aggregate: fail });
    const Prompt = defineAgent({ ...base, name: "prompt", prompt: fail });
    const Later = defineAgent({ ...base, name: "later", prompt: () => Promise.reject(PROMPT) });
    const params = z.object({}).transform(fail);
    const Schema = defineAgent({ ...base, name: "schema", prompt: "x", params });
    const provider = scripted('"x"');
    const output = z.string().transform(fail);
    const Output = defineAgent({ ...base, name: "output", prompt: "x", provider, output });
    const Outer = defineAgent({ name: "outer", run: () => Steps.call({}) });
    await using journal = sqliteJournal(path, { store: "none" });
    const agents = [
      ...[Run, Text, Hook, Steps, Params, Sum, Outer],
      ...[Prompt, Later, Schema, Output],
    ];
    const calls = agents.map((agent) => [agent as typeof Run, {}] as const);
    const results = await batch(calls, { journal, runId: "r" });
    await each([1], fail, { journal, runId: "e", settle: true });
    assertEquals(results.filter(({ ok }) => ok), []);
    const messages = [];
    for await (const { result } of journal.results("r")) messages.push(result!.error!.message);
    assertEquals(
      messages.find((message) => message.includes('"run"')),
      'Cannot finish the call of "run" as its run function threw: …',
    );
    assertEquals(
      messages.find((message) => message.includes('"prompt"')),
      'Cannot call "prompt" as its prompt function threw: …',
    );
    await journal.close();
    const bytes = new TextDecoder("latin1").decode(await readFile(path));
    assertEquals(bytes.includes(PROMPT), false);
  }));
