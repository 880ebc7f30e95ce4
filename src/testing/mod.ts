/**
 * Tools to test agents with: a model in memory that answers from a script; a simulated model
 * server on loopback that speaks the OpenAI protocol, with configurable latency, rate limits and
 * faults; a provider in memory that behaves like a hosted one, with a clock that makes its hours
 * pass in seconds; and real traffic, recorded and replayed.
 *
 * @module
 */
export { type Recorder, recorder, type RecorderOptions } from "./recording/recorder.ts";
export type {
  RecordedBytes,
  RecordedChunk,
  RecordedRequest,
  RecordedResponse,
  Recording,
} from "./recording/recording.ts";
export { type Replay, replay, type ReplayOptions } from "./recording/replay.ts";
export {
  type Script,
  scripted,
  type ScriptedAnswer,
  type ScriptedOptions,
  type ScriptedProvider,
} from "./scripted.ts";
export {
  type Simulator,
  simulator,
  type SimulatorAnswer,
  type SimulatorBehaviour,
  type SimulatorFault,
  type SimulatorFaultDetails,
  type SimulatorFaultName,
  type SimulatorFaultRates,
  type SimulatorLatency,
  type SimulatorLimits,
  type SimulatorMessage,
  type SimulatorOptions,
  type SimulatorRequest,
  type SimulatorStats,
  type SimulatorTool,
  type SimulatorToolCall,
} from "./simulator/simulator.ts";
export {
  type Distribution,
  type VirtualArrival,
  type VirtualFaultName,
  type VirtualFaults,
  type VirtualOutage,
  type VirtualProvider,
  virtualProvider,
  type VirtualProviderOptions,
  type VirtualProviderStats,
} from "./virtual/virtual_provider.ts";
export { type VirtualTime, virtualTime, type VirtualTimeOptions } from "./virtual/virtual_time.ts";
