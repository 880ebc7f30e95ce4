/** Checks the defaults in the tables of options against what the library does without them. */
import {
  batch,
  configure,
  defineAgent,
  defineTool,
  memoryCache,
  ProviderError,
} from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
import { adaptiveBounds } from "../../src/model/limits.ts";
import { retryPolicy } from "../../src/resilience/backoff.ts";
import { resolveLimits } from "../../src/hono/limits.ts";
import { type Api, readApi } from "../../tools/docs/api.ts";

const api: Api = await readApi();

/** Returns the value that the documentation gives as the default of an option. */
function documented(type: string, option: string): unknown {
  const member = api.symbols.get(type)!.members.find(({ name }) => name === option);
  const [, code] = /^`(.*?)`/.exec(member?.default ?? "") ?? [];
  assert(code !== undefined, `${type}.${option} has no documented default`);
  return new Function(`return (${code});`)();
}

const base = { name: "a", model: "m", prompt: "{n}" };

async function peakOfRun(): Promise<number> {
  const provider = scripted("answer", { latency: 1 });
  const agent = defineAgent({ ...base, provider });
  await batch(Array.from({ length: 40 }, (_, n) => [agent, { n }] as const));
  return provider.peakInFlight;
}

async function retriesOfFailure(): Promise<number> {
  const provider = scripted(new ProviderError("broken", { code: "network", retryable: true }));
  await defineAgent({ ...base, provider, retries: { base: 0 } }).settle({ n: 1 });
  return provider.calls - 1;
}

async function repairsOfBadAnswer(): Promise<number> {
  const provider = scripted("not JSON");
  const output = { type: "object", properties: {}, required: ["x"] } as const;
  await defineAgent({ ...base, provider, output }).settle({ n: 1 });
  return provider.calls - 1;
}

/** Calls an agent whose model asks for tools again and again. */
async function withTools(calls: number) {
  let inFlight = 0;
  let peak = 0;
  let runs = 0;
  const tool = defineTool({
    name: "tool",
    description: "d",
    input: { type: "object", properties: {} },
    async run() {
      runs++;
      peak = Math.max(peak, ++inFlight);
      await new Promise((resolve) => setTimeout(resolve, 1));
      inFlight--;
      return "done";
    },
  });
  const toolCalls = Array.from(
    { length: calls },
    (_, i) => ({ id: `${i}`, name: "tool", args: "{}" }),
  );
  const provider = scripted(() => ({ text: "", toolCalls }));
  await defineAgent({ ...base, provider, tools: [tool] }).settle({ n: 1 });
  return { steps: provider.calls, peak, runs: runs / (provider.calls - 1) };
}

function repliesInFullCache(): number {
  const cache = memoryCache();
  const reply = { reply: { text: "", finishReason: "stop" as const } };
  for (let i = 0; i < 12_000; i++) cache.set(`${i}`, reply as never, 60_000);
  return cache.size;
}

async function requestsKept(): Promise<number> {
  const provider = scripted("answer");
  const agent = defineAgent({ ...base, provider });
  await batch(Array.from({ length: 1_100 }, (_, n) => [agent, { n }] as const), {
    concurrency: 100,
  });
  return provider.requests.length;
}

/** The defaults as the library shows them, by type and option. */
const OBSERVED: Readonly<Record<string, () => unknown>> = {
  "AdaptiveConcurrency.max": () => adaptiveBounds("adaptive")!.max,
  "AdaptiveConcurrency.min": () => adaptiveBounds("adaptive")!.min,
  "AdaptiveConcurrency.start": () => adaptiveBounds("adaptive")!.start,
  "Configuration.concurrency": () => configure().concurrency,
  "MemoryCacheOptions.max": repliesInFullCache,
  "ModelOptions.maxSteps": async () => (await withTools(1)).steps,
  "ModelOptions.maxToolCalls": async () => (await withTools(70)).runs,
  "ModelOptions.toolConcurrency": async () => (await withTools(20)).peak,
  "OpenAIOptions.name": () => openai({ apiKey: "none" }).name,
  "RepairOptions.max": repairsOfBadAnswer,
  "RetryOptions.backoff": () => retryPolicy({}).backoff,
  "RetryOptions.base": () => retryPolicy({}).base,
  "RetryOptions.jitter": () => retryPolicy({}).jitter,
  "RetryOptions.max": retriesOfFailure,
  "RetryOptions.maxDelay": () => retryPolicy({}).maxDelay,
  "RetryOptions.patience": () => retryPolicy({}).patience,
  "RouteLimits.bodyTimeout": () => resolveLimits().bodyTimeout,
  "RouteLimits.concurrency": () => resolveLimits().concurrency,
  "RouteLimits.deadline": () => resolveLimits().deadline,
  "RouteLimits.maxBatch": () => resolveLimits().maxBatch,
  "RouteLimits.maxBodyBytes": () => resolveLimits().maxBodyBytes,
  "RouteLimits.maxRequests": () => resolveLimits().maxRequests,
  "RouteLimits.reserve": () => resolveLimits().reserve,
  "RouteLimits.resumeBytes": () => resolveLimits().resumeBytes,
  "RouteLimits.resumeGrace": () => resolveLimits().resumeGrace,
  "RunOptions.concurrency": peakOfRun,
  "ScriptedOptions.keep": requestsKept,
  "SharedOptions.retries": retriesOfFailure,
  "SharedOptions.timeout": () => configure().timeout,
};

for (const [name, observe] of Object.entries(OBSERVED)) {
  Deno.test(`the documented default of ${name} is the real one`, async () => {
    const [type, option] = name.split(".");
    assertEquals(await observe(), documented(type!, option!));
  });
}

/** Returns the sources of the library, without comments. */
function sources(folder: URL): string {
  return [...Deno.readDirSync(folder)].map(({ name, isDirectory }) => {
    if (isDirectory) return sources(new URL(`${name}/`, folder));
    const text = Deno.readTextFileSync(new URL(name, folder));
    return text.replaceAll(/^\s*\/\*\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  }).join("\n");
}

// The test above calls the library. This one covers the numbers that take long to observe.
Deno.test("each documented number is the default somewhere in the code", () => {
  const code = sources(new URL("../../src/", import.meta.url));
  const constants = Map.groupBy(
    code.matchAll(/^(?:export )?const ([A-Z_]+)(?:: \w+)? = ([\d_.* ]+);/gm),
    ([, name]) => name!,
  );
  const wrong: string[] = [];
  let checked = 0;
  for (const { name: type, members } of api.symbols.values()) {
    for (const { name, default: shown = "" } of members) {
      const [, number] = /^`([\d_.]+)`/.exec(shown) ?? [];
      if (number === undefined || `${type}.${name}` in OBSERVED) continue;
      checked++;
      const uses = code.matchAll(
        new RegExp(`\\b${name}\\b(?:: \\w+)?\\s*(?:=|\\?\\?|:)\\s*([A-Z_]{3,}\\b|[\\d_.* ]+)`, "g"),
      );
      const values = [...uses].flatMap(([, value]) =>
        constants.get(value!)?.map(([, , number]) => valueOf(number!)) ?? [valueOf(value!)]
      );
      if (!values.includes(valueOf(number))) wrong.push(`${type}.${name}: ${number}`);
    }
  }
  assert(checked > 20);
  assertEquals(wrong, []);
});

/** Returns the value of a number or a product. Powers are not read. */
function valueOf(expression: string): number {
  const factors = expression.replaceAll("_", "").split("*").map(Number);
  return factors.reduce((product, factor) => product * factor, 1);
}
