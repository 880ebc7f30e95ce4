/** Runs the forms of a server: see `form.ts`. */
import {
  type AgentError,
  defineAgent,
  defineTool,
  type ModelChunk,
  type ModelReply,
  type ModelRequest,
  type Provider,
  ProviderError,
  type RateReport,
  type ToolSpec,
} from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { aiSdk } from "@shoal/agents/ai-sdk";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseExact } from "../../src/model/exact_json.ts";
import type { Expected, Form } from "./form.ts";
import { type FormServer, serveForm } from "./form_server.ts";
import { print } from "../print.ts";

/** How often each body is cut at other places. */
const CUTS = 3;

/** Tests the forms of a server. */
export function dialect(server: string, forms: Readonly<Record<string, Form>>): void {
  for (const [name, form] of Object.entries(forms)) {
    Deno.test(`${server}: ${name}`, async () => {
      await using running = serveForm(form);
      for (const mode of ["complete", "streamed"] as const) {
        await checkOpenAI(form, running, mode);
        if (isNative(form, mode)) await checkAiSdk(form, running, mode);
      }
      checkRejected(form, running.rejected);
    });
  }
}

/** Checks that each field was rejected, and once for each provider and model. */
function checkRejected({ rejects = {} }: Form, rejected: FormServer["rejected"]): void {
  const sources = rejected.map(({ field, by }) => `${field} ${by}`);
  assertEquals(sources, [...new Set(sources)]);
  assertEquals(new Set(rejected.map(({ field }) => field)), new Set(Object.keys(rejects)));
}

type Mode = "complete" | "streamed";

/** Whether the server sends what was requested. */
function isNative({ json, events, status = 200 }: Form, mode: Mode): boolean {
  return status >= 400 || (mode === "complete" ? json !== undefined : events !== undefined);
}

async function checkOpenAI(form: Form, running: FormServer, mode: Mode): Promise<void> {
  for (let cut = 0; cut < CUTS; cut++) {
    running.seed = 1 + cut * 1000;
    await using provider = openai({ baseURL: running.url, apiKey: newName("key"), api: form.api });
    const what = `openai(), ${mode}, cut ${cut}`;
    const before = running.bodies.length;
    const deltas = await checkProvider(form, form.expect, provider, mode, what);
    checkSent(running.bodies[before], form.expect, what);
    if (cut === 0) await checkAgent(form, form.expect, { provider, running, mode, deltas });
  }
}

async function checkAiSdk(form: Form, running: FormServer, mode: Mode): Promise<void> {
  // In the Responses API, its SDK needs all events and all of their members.
  const isOff = form.api === "responses" ? form.aiSdk === undefined : false;
  if (isOff || typeof form.aiSdk === "string") return;
  const all = Object.entries({ ...form.expect, ...form.aiSdk });
  const expected: Expected = Object.fromEntries(all.filter(([, value]) => value !== undefined));
  const server = { name: "local", baseURL: running.url, apiKey: newName("key") };
  const models = form.api === "responses"
    ? createOpenAI(server)
    : createOpenAICompatible({ ...server, includeUsage: true, supportsStructuredOutputs: true });
  const provider = aiSdk(models);
  const before = running.bodies.length;
  const deltas = await checkProvider(form, expected, provider, mode, `aiSdk(), ${mode}`);
  checkSent(running.bodies[before], expected, `aiSdk(), ${mode}`);
  await checkAgent(form, expected, { provider, running, mode, deltas });
}

/** Checks the reply or the error of one request. Returns the deltas. */
async function checkProvider(
  form: Form,
  expected: Expected,
  provider: Provider,
  mode: Mode,
  what: string,
): Promise<string> {
  const { signal } = new AbortController();
  const request: ModelRequest = {
    model: form.model ?? newName("model"),
    messages: [{ role: "user", content: "What is the answer?" }],
    settings: form.settings ?? {},
    ...(form.output && { output: { name: "answer", schema: form.output } }),
    ...(hasTools(form) && { tools: toolSpecs(form) }),
  };
  const chunks: ModelChunk[] = [];
  let reply: ModelReply | undefined;
  let error: unknown;
  try {
    if (mode === "complete") reply = await provider.generate(request, { signal });
    else {
      for await (const chunk of provider.stream(request, { signal })) {
        if (chunk.type === "reply") reply = chunk.reply;
        else chunks.push(chunk);
      }
    }
  } catch (thrown) {
    error = thrown;
  }
  const slack = typeof form.headers === "function" ? 2_000 : 0;
  const deltas = chunks.map((chunk) => chunk.type === "delta" ? chunk.text : "").join("");
  if (isProviderError(expected)) checkError(error, expected, slack, what);
  else {
    if (error !== undefined) throw new Error(`${what}: unexpected error`, { cause: error });
    checkReply(reply, expected, slack, what);
    if (mode === "streamed") assertEquals(deltas, expected.text ?? "", what);
  }
  return deltas;
}

/** Some answers are failures only for an agent: truncated, filtered, or not in its schema. */
function isProviderError({ error, finishReason, refusal }: Expected): boolean {
  return error !== undefined && finishReason === undefined && refusal === undefined;
}

function checkReply(
  reply: ModelReply | undefined,
  expected: Expected,
  slack: number,
  what: string,
): void {
  assert(reply !== undefined, `${what}: no reply`);
  const { text = "", toolCalls, usage, cost, rates } = expected;
  assertEquals(reply.text, text, what);
  assertEquals(
    reply.finishReason,
    expected.finishReason ?? (toolCalls === undefined ? "stop" : "tool_calls"),
    what,
  );
  const calls = reply.toolCalls?.map(({ name, args }) => [name, parseArgs(args)]);
  assertEquals<unknown>(calls, toolCalls, what);
  assertEquals(new Set(reply.toolCalls?.map(({ id }) => id)).size, toolCalls?.length ?? 0, what);
  if ("reasoning" in expected) assertEquals(reply.reasoning, expected.reasoning, what);
  if ("refusal" in expected) assertEquals(reply.refusal, expected.refusal, what);
  if ("usage" in expected) checkUsage(reply.usage, usage, what);
  if ("cost" in expected) assertEquals(reply.cost?.total, cost, what);
  if ("rates" in expected) checkRates(reply.rates, rates, slack, what);
}

function checkRates(
  actual: RateReport | undefined,
  expected: RateReport | undefined,
  slack: number,
  what: string,
): void {
  for (const name of ["requests", "tokens"] as const) {
    const { resetMs: reset, ...state } = actual?.[name] ?? {};
    const { resetMs: expectedReset, ...expectedState } = expected?.[name] ?? {};
    assertEquals<unknown>(state, expectedState, `${what}: ${name}`);
    checkTime(reset, expectedReset, slack, `${what}: reset of ${name}`);
  }
}

/** Checks the time until a moment. It may be shorter if the moment is a date. */
function checkTime(
  actual: number | undefined,
  expected: number | undefined,
  slack: number,
  what: string,
): void {
  const isClose = actual !== undefined && expected !== undefined && actual <= expected &&
    actual >= expected - slack;
  if (!isClose) assertEquals(actual, expected, what);
}

/** Checks the members of a request. */
function checkSent(body: object | undefined, { sent }: Expected, what: string): void {
  if (sent !== undefined) assertEquals(pick(body, sent), { ...sent }, `${what}: request`);
}

/** Checks what goes back with the results of tools. */
function checkSentBack(
  { messages, input }: { messages?: unknown; input?: unknown },
  { sentBack }: Expected,
  what: string,
): void {
  if (sentBack === undefined) return;
  const items = (messages ?? input) as Readonly<Record<string, unknown>>[];
  if (messages === undefined) {
    const back = items.filter(({ type, role }) =>
      role !== "user" && type !== "function_call_output"
    );
    return assertEquals<unknown>(back, sentBack, `${what}: second request`);
  }
  const { role: _, content, ...more } = items.find(({ role }) => role === "assistant") ?? {};
  const back = content ? { content, ...more } : more;
  assertEquals<unknown>(back, sentBack, `${what}: second request`);
}

function checkUsage(actual: object | undefined, expected: object | undefined, what: string): void {
  assertEquals<unknown>(pick(actual, expected), expected, what);
}

function checkError(error: unknown, expected: Expected, slack: number, what: string): void {
  assert(error instanceof ProviderError, `${what}: ${print(error)}`);
  const { code, status, retryable } = error;
  assertEquals([code, retryable], [expected.error, expected.retryable ?? false], what);
  if ("status" in expected) assertEquals(status, expected.status, what);
  if ("usage" in expected) checkUsage(error.usage, expected.usage, what);
  if ("rates" in expected) checkRates(error.rates, expected.rates, slack, what);
  if ("text" in expected) assertEquals(error.text, expected.text, what);
  if ("retryAfterMs" in expected) {
    checkTime(error.retryAfterMs, expected.retryAfterMs, slack, what);
  }
  for (const part of [expected.message ?? []].flat()) {
    assertStringIncludes(error.message, part, what);
  }
  assert(!/[\r\n]|<\w+>/.test(error.message), `${what}: ${error.message}`);
}

interface AgentRun {
  readonly provider: Provider;
  readonly running: FormServer;
  readonly mode: Mode;
  /** What the provider alone emitted. */
  readonly deltas: string;
}

/** Checks the result of an agent, and how many requests it sends. */
async function checkAgent(form: Form, expected: Expected, run: AgentRun): Promise<void> {
  const { provider, running, mode, deltas } = run;
  const { error, toolCalls, agentError = error } = expected;
  const what = `agent with ${provider.name}, ${mode}`;
  const calls: unknown[] = [];
  const tools = toolSpecs(form).map(({ name, parameters }) =>
    defineTool({
      name,
      input: parameters,
      run: (args) => {
        calls.push([name, args]);
        return "fine";
      },
    })
  );
  const agent = defineAgent({
    name: "a",
    model: form.model ?? newName("model"),
    prompt: "What is the answer?",
    provider,
    // An agent would wait after a rejection.
    retries: agentError === "rate_limited" ? 0 : { max: 3, base: 1, maxDelay: 1 },
    output: form.output,
    tools: hasTools(form) ? tools : undefined,
    ...form.settings,
  });
  const before = running.requests;
  const result = await agent.settle({}, mode === "streamed" ? { onDelta() {} } : {});
  if (agentError === undefined) {
    if (!result.ok) throw new Error(`${what}: unexpected error`, { cause: result.error });
    const content = toolCalls === undefined ? expected.text ?? "" : "done";
    assertEquals<unknown>(result.content, "content" in expected ? expected.content : content, what);
    if (toolCalls !== undefined) assertEquals<unknown>(calls, toolCalls, what);
  } else {
    assertEquals(result.error?.code, agentError, `${what}: ${result.error?.message}`);
    assertEquals(calls, [], what);
  }
  if (toolCalls !== undefined && agentError === undefined) {
    checkSentBack(running.bodies.at(-1), expected, what);
  }
  const requests = expected.requests ?? defaultRequests(form, expected, deltas);
  assertEquals(running.requests - before, requests, `${what}: number of requests`);
  if ("usage" in expected && requests === 1 && expected.usage) {
    checkUsage(result.usage, expected.usage, what);
  }
  if (form.rejects === undefined) checkAttempts(result.error, requests, what);
}

function checkAttempts(error: AgentError | undefined, requests: number, what: string): void {
  if (error !== undefined) assertEquals(error.attempts.length, requests, what);
}

function defaultRequests(form: Form, expected: Expected, deltas: string): number {
  const { error, toolCalls, retryable } = expected;
  if (error === undefined) return toolCalls === undefined ? 1 : 2;
  // Emitted deltas cannot be withdrawn.
  if (deltas !== "") return 1;
  if (error === "invalid_output") return form.output || hasTools(form) ? 2 : 1;
  return retryable && error !== "rate_limited" ? 4 : 1;
}

function hasTools({ tools, expect }: Form): boolean {
  return tools ?? expect.toolCalls !== undefined;
}

function toolSpecs({ expect: { toolCalls = [] } }: Form): ToolSpec[] {
  const names = toolCalls.length === 0 ? ["look_up"] : toolCalls.map(([name]) => name);
  return [...new Set(names)].map((name) => ({ name, parameters: { type: "object" } }));
}

function parseArgs(args: string): unknown {
  try {
    return parseExact(args);
  } catch {
    return args;
  }
}

function pick(from: object | undefined, like: object | undefined): unknown {
  if (from === undefined || like === undefined) return from;
  const all = from as Record<string, unknown>;
  return Object.fromEntries(Object.keys(like).map((name) => [name, all[name]]));
}

let names = 0;

/** Returns a new name: requests must not share limits that they learn. */
function newName(kind: string): string {
  return `${kind}-${names++}`;
}
