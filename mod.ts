/**
 * Thousands of LLM agent calls at once on one event loop.
 *
 * @example
 * ```ts
 * import { batch, defineAgent } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const Sentiment = defineAgent({
 *   name: "sentiment",
 *   model: "gpt-5-mini",
 *   prompt: "Label this review as positive or negative: {input}",
 *   provider: scripted("positive"), // leave it out to ask the real model
 * });
 * const results = await batch(
 *   ["I love it", "Great"].map((input) => [Sentiment, { input }]),
 *   { concurrency: 100 },
 * );
 * for (const result of results) console.log(result.ok ? result.content : result.error.code);
 * ```
 *
 * @module
 */
import "./src/default_provider.ts";

export { configure } from "./src/call/options/config.ts";
export type { ActiveConfiguration, Configuration } from "./src/call/options/config.ts";
export { defineAgent } from "./src/agent/define.ts";
export type { Agent } from "./src/agent/agent.ts";
export type { AsToolOptions } from "./src/agent/as_tool.ts";
export type { PromptAgentOptions, RunAgentOptions } from "./src/agent/define.ts";
export type { AgentStream, StreamEvent } from "./src/agent/agent_stream.ts";
export type { AgentCall, Callable, ContentOf, ParamsOf } from "./src/call/options/callable.ts";
export type {
  AgentBase,
  AgentDefaults,
  AgentOverrides,
  CallOptions,
  FallbackModel,
  ModelAgentOptions,
  ModelOptions,
  SharedOptions,
} from "./src/call/options/options.ts";
export type { FromJsonSchema } from "./src/output/infer_json_schema.ts";
export type { InferOutput } from "./src/output/prepare_output.ts";
export type { Schema, StandardSchema } from "./src/output/standard_schema.ts";
export type { HookContext, Hooks } from "./src/call/options/hooks.ts";
export type { InferInput } from "./src/output/prepare_input.ts";
export type { PartBytes, PromptMessage, PromptPart } from "./src/call/options/prompt_parts.ts";
export type { Mode, ModeCall, RunMode } from "./src/call/options/mode.ts";
export type { Prompt } from "./src/call/options/prompt_parts.ts";
export type { RepairOptions } from "./src/call/options/repair.ts";
export { defineTool } from "./src/call/options/tool.ts";
export type { Tool, ToolContext, ToolOptions } from "./src/call/options/tool.ts";
export type { RunContext } from "./src/agent/run_agent.ts";
export type { TemplateParams, TemplateValue } from "./src/call/options/template.ts";

export { memoryCache } from "./src/cache/memory_cache.ts";
export type { MemoryCache, MemoryCacheOptions } from "./src/cache/memory_cache.ts";
export type { CacheOptions } from "./src/cache/cache_options.ts";
export type { CachedReply, CacheStore } from "./src/cache/cache_store.ts";

export { ProviderError, RunError } from "./src/model/errors.ts";
export { AgentError } from "./src/model/result.ts";
export type { ErrorCode, Issue, ProviderErrorOptions } from "./src/model/errors.ts";
export type {
  AudioPart,
  ContentPart,
  ExtraFields,
  FilePart,
  ImageDetail,
  ImagePart,
  TextPart,
} from "./src/model/content_part.ts";
export type { RejectedRequest, ResponseInfo } from "./src/model/response_info.ts";
export type {
  FinishReason,
  JsonSchema,
  Message,
  ModelChunk,
  ModelReply,
  ModelRequest,
  ModelSettings,
  OutputSchema,
  ToolRequest,
  ToolSpec,
} from "./src/model/message.ts";
export type {
  Journal,
  JournalCheckpoint,
  JournalCheckpointKind,
  JournalDecision,
  JournalDetail,
  JournalItem,
  JournalOnly,
  JournalOpenOptions,
  JournalPruneOptions,
  JournalRecord,
  JournalSession,
  JournalStatus,
  JournalSummary,
} from "./src/model/journal.ts";
export type { BudgetOptions } from "./src/model/budget.ts";
export type {
  AdaptiveConcurrency,
  Concurrency,
  ConcurrencyChange,
  LimitOptions,
  ProviderLimits,
} from "./src/model/limits.ts";
export type { RateReport, RateState } from "./src/model/rate_report.ts";
export type { Provider, ProviderOptions } from "./src/model/provider.ts";
export type {
  AgentErrorOptions,
  DryRun,
  Failure,
  Result,
  ResultBase,
  Success,
} from "./src/model/result.ts";
export type { Attempt } from "./src/model/attempt.ts";
export type { LimitedBy, Timing } from "./src/model/timing.ts";
export type { ToolCall, ToolErrorCode } from "./src/model/tool_call.ts";
export type { Spent } from "./src/model/spent.ts";
export type { Billing, Cost, ReportedCost, Usage } from "./src/model/usage.ts";

export { isAvailable } from "./src/run/is_available.ts";
export type { ModeName } from "./src/run/is_available.ts";
export { batch } from "./src/run/batch.ts";
export { each } from "./src/run/each.ts";
export type { EachContext, EachOptions, Settled } from "./src/run/each.ts";
export type { JournalRunOptions, OnlyOptions } from "./src/run/journal_options.ts";
export type { CallRunOptions, RunOptions } from "./src/run/run_options.ts";
export { defineParallel } from "./src/workflows/define_parallel.ts";
export { definePipeline } from "./src/workflows/define_pipeline.ts";
export type {
  MappedStep,
  Pipeline,
  PipelineOptions,
  PipelineResult,
  Step,
} from "./src/workflows/define_pipeline.ts";
export { defineRouter } from "./src/workflows/define_router.ts";
export type {
  Route,
  Router,
  RouterOptions,
  RouterResult,
  RouterSuccess,
  Target,
} from "./src/workflows/define_router.ts";
export type {
  SequenceFailure,
  SequenceOptions,
  SequenceResult,
  SequenceSuccess,
  SequenceWorkflow,
} from "./src/workflows/sequence.ts";
export type { ProgressReport } from "./src/run/progress.ts";
export { currentScope, inScope, scope } from "./src/run/scope.ts";
export type { Scope, ScopeOptions } from "./src/run/scope.ts";
export { stream } from "./src/run/stream.ts";
export type { ResultStream, StreamItem } from "./src/run/stream.ts";
export { summarize } from "./src/run/summarize.ts";
export type { DiscoveredConcurrency } from "./src/run/concurrency_history.ts";
export type { Percentiles } from "./src/run/percentiles.ts";
export type { ModelSummary, Summary } from "./src/run/summarize.ts";
export type { TimeSpent } from "./src/run/verdict.ts";
export type {
  Branch,
  Branches,
  ParallelOptions,
  Workflow,
  WorkflowFailure,
  WorkflowResult,
  WorkflowSuccess,
} from "./src/workflows/workflow.ts";

export type { HedgeOptions } from "./src/resilience/hedge_options.ts";
export type { RetryOptions } from "./src/resilience/backoff.ts";
export type { CircuitBreakerOptions } from "./src/resilience/circuit_breaker.ts";
export type { TimeoutOptions, TotalTimeout } from "./src/call/options/timeouts.ts";
export type { OwnCost, Prices } from "./src/pricing/prices.ts";
export type { Price, TokenPrices } from "./src/pricing/price.ts";
export type { PriceDetails } from "./src/pricing/price_details.ts";
