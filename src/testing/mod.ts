/**
 * To test agents with: a model in memory that answers by a script, and a real server on loopback that speaks the OpenAI
 * protocol, with latency, rate limits and faults to order.
 *
 * @module
 */
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
  type SimulatorToolCall,
} from "./simulator.ts";
