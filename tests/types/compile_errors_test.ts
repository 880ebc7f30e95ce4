/**
 * Helpful compile errors: each mistake is reported at the wrong property, with its name, and with
 * the nearest known name if the compiler has one. «» mark where the error must be reported.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { compile, type CompileError } from "./compiler.ts";

interface Case {
  /** A statement; the error must be reported at the text in «». */
  readonly code: string;
  /** Parts of the message. */
  readonly says: readonly string[];
  /** Whether the compiler may list the overloads: those of `call`, which agree. */
  readonly overloads?: boolean;
}

const PREAMBLE = `
import {
  batch, configure, defineAgent, defineParallel, definePipeline, defineRouter,
  defineTool, each, stream,
} from "@shoal/agents";
import { z } from "zod";
const base = { name: "a", model: "m" };
const Draft = defineAgent({ name: "draft", model: "m", prompt: "Write on {topic}" });
const Polish = defineAgent({ name: "polish", model: "m", prompt: "Polish {draft}" });
const output = z.number();
const Count = defineAgent({ name: "count", model: "m", prompt: "Count {text}", output });
const Topic = defineAgent({ ...base, prompt: "{q}", output: z.enum(["billing", "tech"]) });
const Help = defineAgent({ name: "help", model: "m", prompt: "{q}" });
const params = z.object({ n: z.number() });
`;

const TEMPERATURE = ["'temprature'", "Did you mean to write 'temperature'?"];
const CONCURRENCY = ["'concurency'", "Did you mean to write 'concurrency'?"];

const CASES: Readonly<Record<string, Case>> = {
  "an unknown option of an agent with a template": {
    code: `defineAgent({ name: "a", model: "m", prompt: "x", «temprature»: 1 });`,
    says: TEMPERATURE,
  },
  "an unknown field of a part": {
    code: `Draft.ask([{ type: "text", text: "x", «cache_control»: {} }]);`,
    says: ["'cache_control' does not exist"],
  },
  "an unknown option of an agent with a prompt function": {
    code: `defineAgent({ name: "a", prompt: (p: { a: string }) => p.a, «temprature»: 1 });`,
    says: TEMPERATURE,
  },
  "an unknown value of onMaxSteps": {
    code: `defineAgent({ ...base, prompt: "x", «onMaxSteps»: "stop" });`,
    says: ['\'"stop"\' is not assignable to type \'"error" | "answer"', "property 'onMaxSteps'"],
  },
  "an unknown option beside schemas": {
    code: `defineAgent({ ...base, prompt: (p) => \`\${p.n}\`, params, output: z.number(), ` +
      `«sytem»: "" });`,
    says: ["'sytem'", "Did you mean to write 'system'?"],
  },
  "an unknown option of an agent with a run function": {
    code: `defineAgent({ name: "a", run: (p: { a: string }) => p.a, «timeot»: 1 });`,
    says: ["'timeot'", "Did you mean to write 'timeout'?"],
  },
  "a model option in an agent with a run function": {
    code: `defineAgent({ name: "a", run: () => 1, «temperature»: 1 });`,
    says: ["'temperature' does not exist in type 'RunAgentOptions<"],
  },
  "an agent with a prompt and no name": {
    code: `defineAgent(«{ model: "m", prompt: "x {y}" }»);`,
    says: ["Property 'name' is missing", "required in type 'PromptAgentOptions<"],
  },
  "an agent with a run function and without a name": {
    code: `defineAgent(«{ run: () => 1 }»);`,
    says: ["Property 'name' is missing", "required in type 'RunAgentOptions<"],
  },
  "an agent with neither a prompt nor a run function": {
    code: `defineAgent(«{ name: "a", model: "m" }»);`,
    says: ["Property 'prompt' is missing"],
  },
  "an agent with a template and a run function": {
    code: `defineAgent({ name: "a", prompt: "x", «run»: () => 1 });`,
    says: ["not assignable to type 'undefined'", "EitherPromptOrRun"],
  },
  "an agent with a prompt function and a run function": {
    code: `defineAgent({ name: "a", prompt: () => "x", «run»: () => 1 });`,
    says: ["not assignable to type 'undefined'", "EitherPromptOrRun"],
  },
  "a timeout that is a string": {
    code: `defineAgent({ name: "a", model: "m", prompt: "x", «timeout»: "30s" });`,
    says: ["'string' is not assignable to type 'number | TimeoutOptions", "property 'timeout'"],
  },
  "retries that are a string": {
    code: `defineAgent({ name: "a", model: "m", prompt: "x", «retries»: "3" });`,
    says: ["'string' is not assignable to type 'number | RetryOptions", "property 'retries'"],
  },
  "an unknown option of retries": {
    code: `defineAgent({ ...base, prompt: "x", retries: { max: 3, «backof»: "linear" } });`,
    says: ["'backof'", "Did you mean to write 'backoff'?"],
  },
  "an unknown option of a timeout": {
    code: `defineAgent({ ...base, prompt: "x", timeout: { «atempt»: 5 } });`,
    says: ["'atempt'", "Did you mean to write 'attempt'?"],
  },
  "an unknown option of a fallback model": {
    code: `defineAgent({ ...base, prompt: "x", fallbackModels: [{ «modle»: "m" }] });`,
    says: ["'modle'", "Did you mean to write 'model'?"],
  },
  "a string that an option does not accept": {
    code: `defineAgent({ ...base, prompt: "x", «reasoningEffort»: "hihg" });`,
    says: ["'\"hihg\"' is not assignable to type ", '"none" | "minimal"'],
  },
  "a prompt that is a number": {
    code: `defineAgent({ ...base, «prompt»: 5 });`,
    says: ["'number' is not assignable to type 'string | ((params: unknown) => Prompt"],
  },
  "a prompt function that does not return a prompt": {
    code: `defineAgent({ ...base, «prompt»: (p: { n: string }) => 5 });`,
    says: ["'number' is not assignable to type 'Prompt | Promise<Prompt>'"],
  },
  "a prompt function whose parameters are not those of the schema": {
    code: `defineAgent({ ...base, params, prompt: «(p: { n: string }) => p.n» });`,
    says: ["Types of property 'n' are incompatible"],
  },
  "a parameter that the schema does not have": {
    code: `defineAgent({ name: "a", params, run: (p) => p.«m» });`,
    says: ["Property 'm' does not exist on type '{ n: number; }'"],
  },
  "a run that is not a function": {
    code: `defineAgent({ name: "a", «run»: 5 });`,
    says: ["'number' is not assignable to type '(params: unknown, ctx: RunContext)"],
  },
  "an output that is not a schema": {
    code: `defineAgent({ ...base, prompt: "x", «output»: "string" });`,
    says: ["'string' is not assignable to type 'Schema"],
  },
  "an agent in a list of tools": {
    code: `defineAgent({ ...base, prompt: "x", tools: [«Help»] });`,
    says: ["missing the following properties from type 'Tool<any, any>': parameters, run"],
  },
  "a misspelt parameter of a call": {
    code: `defineAgent({ ...base, prompt: "{input}" }).call({ «inptu»: "x" });`,
    says: ["'inptu'", "Did you mean to write 'input'?"],
  },
  "a missing parameter of a call": {
    code: `Help.call(«{}»);`,
    says: ["Property 'q' is missing"],
  },
  "a parameter of a call that is not a string": {
    code: `Help.settle({ «q»: {} });`,
    says: ["'{}' is not assignable to type 'TemplateValue'"],
  },
  "an unknown option of a call": {
    code: `Help.call({ q: "x" }, { «temprature»: 1 });`,
    says: TEMPERATURE,
    overloads: true,
  },
  "an unknown option of a stream of one call": {
    code: `Help.stream({ q: "x" }, { «temprature»: 1 });`,
    says: TEMPERATURE,
  },
  "an unknown option of with": {
    code: `Help.with({ «temprature»: 1 });`,
    says: TEMPERATURE,
  },
  "an unknown option of configure": {
    code: `configure({ «concurency»: 5 });`,
    says: CONCURRENCY,
  },
  "a wrong option of configure": {
    code: `configure({ «timeout»: "30s" });`,
    says: ["'string' is not assignable to type 'number | TimeoutOptions"],
  },
  "an unknown option of a tool": {
    code: `defineTool({ name: "t", input: params, run: ({ n }) => n, «timout»: 5 });`,
    says: ["'timout'", "Did you mean to write 'timeout'?"],
  },
  "an unknown option of a tool with a JSON Schema": {
    code: `defineTool({ name: "t", input: { type: "object" }, run: (a) => a, «descripton»: "" });`,
    says: ["'descripton'", "Did you mean to write 'description'?"],
  },
  "a tool without a name": {
    code: `defineTool(«{ input: params, run: () => 1 }»);`,
    says: ["Property 'name' is missing"],
  },
  "a tool without a schema": {
    code: `defineTool(«{ name: "t", run: () => 1 }»);`,
    says: ["Property 'input' is missing"],
  },
  "a tool whose arguments are not those of the schema": {
    code: `defineTool({ name: "t", input: params, «run»: (x: { n: string }) => x.n });`,
    says: ["Types of property 'n' are incompatible", "property 'run'"],
  },
  "an unknown option of batch": {
    code: `await batch([[Help, { q: "x" }]], { «concurency»: 5 });`,
    says: CONCURRENCY,
  },
  "a wrong option of batch": {
    code: `await batch([[Help, { q: "x" }]], { «deadline»: "5s" });`,
    says: ["'string' is not assignable to type 'number'"],
  },
  "a misspelt parameter in the second call of a batch": {
    code: `await batch([[Help, { q: "x" }], [Count, { «txt»: "x" }]]);`,
    says: ["'txt'", "Did you mean to write 'text'?"],
  },
  "an unknown option of a call in a batch": {
    code: `await batch([[Help, { q: "x" }, { «temprature»: 1 }]]);`,
    says: TEMPERATURE,
  },
  "a call without an agent in a batch": {
    code: `await batch([[«"Help"», { q: "x" }]]);`,
    says: ["'string' is not assignable to type 'Callable"],
  },
  "a missing parameter in the calls of an array": {
    code: `await batch(«["a"].map((text) => [Help, { text }] as const)»);`,
    says: ["Property 'q' is missing in type '{ readonly text: string; }'"],
  },
  "a missing parameter in the calls of a generator of two agents": {
    code: `stream(«(function* () { yield [Help, { q: "x" }] as const; yield [Count, ` +
      `{ txt: "x" }] as const; })()»);`,
    says: ["Property 'text' is missing in type '{ readonly txt: \"x\"; }'"],
  },
  "an unknown option of stream": {
    code: `stream([[Help, { q: "x" }]], { «concurency»: 5 });`,
    says: CONCURRENCY,
  },
  "an unknown option of each": {
    code: `await each(["a"], (x) => x, { «concurency»: 5 });`,
    says: CONCURRENCY,
  },
  "an unknown option of each with settle": {
    code: `await each(["a"], (x) => x, { settle: true, «concurency»: 5 });`,
    says: CONCURRENCY,
  },
  "a wrong option of each": {
    code: `await each(["a"], (x) => x, { «deadline»: "5s" });`,
    says: ["'string' is not assignable to type 'number'"],
  },
  "an unknown option of a parallel workflow": {
    code: `defineParallel({ name: "w", branches: { a: Help }, «failfast»: true });`,
    says: ["'failfast'", "Did you mean to write 'failFast'?"],
  },
  "an unknown option of a parallel workflow with aggregate": {
    code: `defineParallel({ name: "w", branches: { a: Help }, aggregate: (b) => b.a, ` +
      `«failfast»: true });`,
    says: ["'failfast'", "Did you mean to write 'failFast'?"],
  },
  "a parallel workflow without a name": {
    code: `defineParallel(«{ branches: { a: Help } }»);`,
    says: ["Property 'name' is missing"],
  },
  "a branch that is not an agent": {
    code: `defineParallel({ name: "w", branches: { a: Help, «b»: "agent" } });`,
    says: ["'string' is not assignable to type '(Callable"],
  },
  "an unknown option of a branch": {
    code: `defineParallel({ name: "w", branches: { a: { agent: Help, «optinal»: true } } });`,
    says: ["'optinal'", "not assignable to type 'UnknownOption'"],
  },
  "a branch whose input returns other parameters": {
    code: `defineParallel({ name: "w", branches: { a: { agent: Help, «input»: (p: { x: 1 }) => (` +
      `{ qq: p.x }) } } });`,
    says: ["Property 'q' is missing in type '{ qq: 1; }'", "property 'input'"],
  },
  "a branch that does not exist in aggregate": {
    code: `defineParallel({ name: "w", branches: { a: Help }, aggregate: (b) => b.«c» });`,
    says: ["Property 'c' does not exist"],
  },
  "an unknown option of a pipeline": {
    code: `definePipeline({ name: "p", steps: [Draft], «timout»: 5 });`,
    says: ["'timout'", "Did you mean to write 'timeout'?"],
  },
  "a pipeline without a name": {
    code: `definePipeline(«{ steps: [Draft] }»);`,
    says: ["Property 'name' is missing"],
  },
  "a step with other parameters": {
    code: `definePipeline({ name: "p", steps: [Draft, { agent: Polish, params: (draft) => «(` +
      `{ drft: draft })» }] });`,
    says: ["Property 'draft' is missing in type '{ drft: string; }'"],
  },
  "the third step with other parameters": {
    code: `definePipeline([Draft, { agent: Polish, params: (draft) => ({ draft }) }, ` +
      `{ agent: Count, params: (text) => «({ txt: text })» }]);`,
    says: ["Property 'text' is missing in type '{ txt: string; }'"],
  },
  "a step that does not take the content of the one before": {
    code: `definePipeline({ name: "p", steps: [Draft, «Polish»] });`,
    says: ["'string' is not assignable to type '{ draft: TemplateValue; }'"],
  },
  "a step whose function takes other content": {
    code: `definePipeline([Draft, { agent: Polish, «params»: (draft: number) => (` +
      `{ draft: \`\${draft}\` }) }]);`,
    says: ["Types of parameters 'draft' and 'content' are incompatible"],
  },
  "an unknown option of a step": {
    code: `definePipeline([Draft, { agent: Polish, «parms»: (draft: string) => ({ draft }) }]);`,
    says: ["'parms' does not exist in type 'Step<string"],
  },
  "an unknown parameter of the pipeline in a step": {
    code: `definePipeline([Draft, { agent: Polish, params: (draft, [{ «topik» }]) => (` +
      `{ draft: draft + topik }) }]);`,
    says: ["Property 'topik' does not exist on type '{ topic: TemplateValue; }'"],
  },
  "a step that is not an agent": {
    code: `definePipeline({ name: "p", steps: [Draft, «"x"»] });`,
    says: ["'string' is not assignable to type 'Step<string"],
  },
  "a pipeline without steps": {
    code: `definePipeline({ name: "p", «steps»: [] });`,
    says: ["Source has 0 element(s) but target requires 1"],
  },
  "a missing route": {
    code: `defineRouter({ name: "r", by: Topic, «routes»: { billing: Help } });`,
    says: ["Property 'tech' is missing", "property 'routes'"],
  },
  "a misspelt route": {
    code: `defineRouter({ name: "r", by: Topic, «routes»: { billing: Help, tec: Help } });`,
    says: ["Property 'tech' is missing", "property 'routes'"],
  },
  "an unknown option of a router": {
    code: `defineRouter({ name: "r", by: Topic, routes: { billing: Help, tech: Help }, ` +
      `«defalt»: Help });`,
    says: ["'defalt'", "Did you mean to write 'default'?"],
  },
  "a router without a name": {
    code: `defineRouter(«{ by: Topic, routes: { billing: Help, tech: Help } }»);`,
    says: ["Property 'name' is missing"],
  },
  "a route that is not an agent": {
    code: `defineRouter({ name: "r", by: Topic, routes: { billing: Help, «tech»: "Help" } });`,
    says: ["'string' is not assignable to type 'Target"],
  },
  "a route with other parameters": {
    code: `defineRouter({ name: "r", by: Help, routes: { a: { agent: Help, «params»: (` +
      `p: { x: 1 }) => ({ qq: p.x }) } } });`,
    says: ["Property 'q' is missing in type '{ qq: 1; }'", "property 'params'"],
  },
  "a default with other parameters": {
    code: `defineRouter({ name: "r", by: Help, routes: { a: Help }, default: { agent: Help, ` +
      `«params»: (p: { x: 1 }) => ({ qq: p.x }) } });`,
    says: ["Property 'q' is missing in type '{ qq: 1; }'"],
  },
  "a pick with another content type": {
    code: `defineRouter({ name: "r", by: Count, routes: { a: Help }, «pick»: (n: string) => n });`,
    says: ["Types of parameters 'n' and 'content' are incompatible", "property 'pick'"],
  },
};

/** Types that only the compiler needs, and that editors must not suggest. */
const INTERNAL = [
  "AgentOf",
  "AgentOptions",
  "AgentParams",
  "AnyStep",
  "BranchContents",
  "BranchResults",
  "CheckedBranch",
  "CheckedParams",
  "CheckedTarget",
  "CompleteRoutes",
  "NotInName",
  "ParamsOfBranch",
  "Placeholders",
  "Results",
  "RouterParams",
  "Steps",
  "TargetParams",
  "UnknownOption",
  "WithoutOthers",
  "WorkflowParams",
];

const titles = Object.keys(CASES);
let report: Promise<readonly CompileError[]> | undefined;
/** Checks all snippets in one run of the compiler, which takes seconds to start. */
function errors(): Promise<readonly CompileError[]> {
  const marks = /[«»]/g;
  return report ??= compile(PREAMBLE, [
    ...Object.values(CASES).map(({ code }) => code.replace(marks, "")),
    ...INTERNAL.map((name) =>
      `type X = import("@shoal/agents").${name}; return 0 as unknown as X;`
    ),
  ]);
}

// The first test waits for the compiler, whose process the sanitizers must ignore.
for (const [index, title] of titles.entries()) {
  Deno.test(`compile errors: ${title}`, async () => {
    const { code, says, overloads = false } = CASES[title]!;
    const found = (await errors()).filter(({ snippet }) => snippet === index);
    assertEquals(found.length, 1, `one error, but there are ${found.length}: ${show(found)}`);
    const { at, message } = found[0]!;
    const expected = code.slice(code.indexOf("«")).replace(/[«»]/g, "");
    assertEquals(at, expected, message);
    for (const piece of says) assertStringIncludes(message, piece);
    assert(overloads || !message.includes("No overload matches"), message);
    assert(!message.includes("type 'never'"), message);
  });
}

Deno.test("compile errors: types that only the compiler needs are not exported", async () => {
  const found = (await errors()).filter(({ snippet }) => snippet >= titles.length);
  for (const [i, name] of INTERNAL.entries()) {
    const error = found.find(({ snippet }) => snippet === titles.length + i);
    assertStringIncludes(error?.message ?? "none", `has no exported member`, name);
  }
});

function show(errors: readonly CompileError[]): string {
  return errors.map(({ at, message }) => `\n${message}\nat ${at}`).join("\n");
}
