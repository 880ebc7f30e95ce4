/** Passes options to the public function that takes them, so that it checks them. */
import * as agents from "@shoal/agents";
import { aiSdk } from "@shoal/agents/ai-sdk";
import { agentRoutes } from "@shoal/agents/hono";
import { kvJournal, memoryJournal, sqliteJournal } from "@shoal/agents/journal";
import { openai } from "@shoal/agents/openai";
import * as testing from "@shoal/agents/testing";
import { workers } from "@shoal/agents/workers";

// deno-lint-ignore no-explicit-any -- options of the wrong type are the purpose
type Options = any;

const base = { name: "probe", model: "m", prompt: "p", provider: testing.scripted("answer") };
const OBJECT = { type: "object", properties: {} } as const;
const agent = agents.defineAgent(base);
const define = (options: Options) => agents.defineAgent({ ...base, ...options });
const run = (options: Options) => agents.batch([], options);
const routes = (options: Options) => agentRoutes({ agents: [agent], ...options });
const price = (options: Options) => agents.configure({ prices: { m: options } });
const simulate = (options: Options) => testing.simulator(options);

/**
 * By the name of an options type: passes such options to the function that checks them. It throws
 * or rejects if one of them is not valid.
 */
export const PROBES: Readonly<Record<string, (options: Options) => unknown>> = {
  AdaptiveConcurrency: (concurrency) => run({ concurrency }),
  AgentRoutesOptions: routes,
  AiSdkOptions: (options) => aiSdk(() => undefined as never, options),
  AsToolOptions: (options) => agent.asTool(options),
  Branch: (branch) => agents.defineParallel({ name: "p", branches: { b: { agent, ...branch } } }),
  BudgetOptions: (budget) => run({ budget }),
  CacheOptions: (cache) => define({ cache: { ttl: 1, ...cache } }),
  CallOptions: (options) => agent.call({}, options),
  CallRunOptions: run,
  CircuitBreakerOptions: (circuitBreaker) =>
    define({ circuitBreaker: { failures: 1, ...circuitBreaker } }),
  Configuration: (options) => agents.configure(options),
  CorsOptions: (cors) => routes({ cors }),
  DashboardOptions: (dashboard) => routes({ dashboard }),
  EachOptions: (options) => agents.each([], () => {}, options),
  FallbackModel: (model) => define({ fallbackModels: [{ model: "n", ...model }] }),
  HedgeOptions: (hedge) => define({ hedge }),
  JournalOpenOptions: (options) => memoryJournal().open("run", options),
  JournalOptions: (options) => memoryJournal(options),
  JournalPruneOptions: (options) => memoryJournal().prune(options),
  JournalRunOptions: run,
  KvJournalOptions: (options) => kvJournal(undefined, options),
  LimitOptions: (limits) => run({ limits }),
  MemoryCacheOptions: (options) => agents.memoryCache(options),
  MetricsOptions: (metrics) => routes({ metrics }),
  ModelAgentOptions: define,
  ModelOptions: define,
  ModelSettings: define,
  OnlyOptions: run,
  OpenAIOptions: (options) => openai({ apiKey: "none", ...options }),
  OpenAIRoutesOptions: (openai) => routes({ openai }),
  ParallelOptions: (options) =>
    agents.defineParallel({ name: "p", branches: { b: agent }, ...options }),
  PipelineOptions: (options) => agents.definePipeline({ name: "p", steps: [agent], ...options }),
  Price: (options) => price({ input: 1, output: 1, ...options }),
  PrincipalLimits: (principal) => routes({ limits: { principal } }),
  PromptAgentOptions: define,
  ProviderLimits: (limits) => openai({ apiKey: "none", limits }),
  RecorderOptions: (options) => testing.recorder(options),
  RenewedBudget: (budget) => routes({ limits: { principal: { budget: { cost: 1, ...budget } } } }),
  RepairOptions: (repair) => define({ repair }),
  ReplayOptions: (options) => testing.replay(options),
  RetryOptions: (retries) => define({ retries }),
  RouteLimits: (limits) => routes({ limits }),
  RouterOptions: (options) =>
    agents.defineRouter({ name: "r", classify: agent, routes: { a: agent }, ...options } as never),
  RunAgentOptions: (options) => agents.defineAgent({ name: "r", run: () => "", ...options }),
  RunOptions: run,
  ScopeOptions: (options) => agents.scope(options, () => {}),
  ScriptedOptions: (options) => testing.scripted("answer", options),
  SequenceOptions: (options) => agents.definePipeline({ name: "p", steps: [agent], ...options }),
  ServiceInfo: (info) => routes({ info }),
  SharedOptions: define,
  ShutdownOptions: (options) => routes({}).shutdown(options),
  SimulatorBehaviour: simulate,
  SimulatorFaultDetails: (fault) => simulate({ script: [{ type: "status", ...fault }] }),
  SimulatorLimits: (limits) => simulate({ limits }),
  SimulatorOptions: simulate,
  SqliteJournalOptions: (options) => sqliteJournal(":memory:", options),
  TimeoutOptions: (timeout) => define({ timeout }),
  Token: (token) => routes({ auth: { tokens: [{ token: "a-secret-token", ...token }] } }),
  TokenAuth: (auth) => routes({ auth }),
  TokenPrices: (options) => price({ input: 1, output: 1, ...options }),
  ToolOptions: (options) =>
    agents.defineTool({ name: "t", description: "d", input: OBJECT, run: () => "", ...options }),
  VirtualProviderOptions: (options) => testing.virtualProvider(options),
  VirtualTimeOptions: (options) => testing.virtualTime(options),
  WorkerOptions: (options) => workers({ module: import.meta.url, ...options }),
};

/**
 * Returns the message of the error for an option with this value, or `undefined` if it is accepted.
 */
export async function rejection(
  type: string,
  option: string,
  value: unknown,
): Promise<Error | undefined> {
  try {
    const made = await PROBES[type]!({ [option]: value });
    if (made instanceof Object && Symbol.asyncDispose in made) {
      await (made as AsyncDisposable)[Symbol.asyncDispose]();
    } else if (made instanceof Object && Symbol.dispose in made) {
      (made as Disposable)[Symbol.dispose]();
    }
  } catch (error) {
    return error as Error;
  }
}
