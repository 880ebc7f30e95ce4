/** Finds the provider and the limiter of this process that an attempt of a worker belongs to. */
import { type Callable, isCallable } from "../../call/options/callable.ts";
import type { ModelAgent } from "../../call/options/model_agent.ts";
import { configuration } from "../../call/options/config.ts";
import { definitionOf } from "../../agent/definition.ts";
import { limiterFor } from "../../limits/adaptive_limiter.ts";
import type { Limiter } from "../../limits/limiter.ts";
import { isRecord } from "../../model/check_options.ts";
import type { Provider } from "../../model/provider.ts";
import type { AdmissionRequest, ProviderInfo } from "../messages.ts";
import { listProviders } from "../provider_info.ts";

/** What an attempt is admitted with. */
export interface ProviderAndLimiter {
  /** The agent's own limits. */
  readonly limiter: Limiter | undefined;
  readonly provider: Provider;
  /** The statistics of the agent's answers in all workers. */
  readonly tokenAverages: ModelAgent["tokenAverages"];
}

/** The providers and limiters of this process, with stand-ins for those that only workers have. */
export class WorkerProviders {
  readonly #agents = new WeakMap<Callable, ReadonlyMap<string, ModelAgent>>();
  readonly #limiters = new Map<string, Limiter>();
  readonly #standIns = new Map<string, Provider>();
  readonly #averages = new Map<string, ModelAgent["tokenAverages"]>();

  /** Returns the provider and the limiter for an attempt within a call of `callable`. */
  resolve(
    callable: Callable,
    { agent: name, limits, provider }: AdmissionRequest,
  ): ProviderAndLimiter {
    const agent = this.#agentsWithin(callable).get(name);
    return {
      limiter: agent?.limiter ?? this.#limiter(name, limits),
      provider: this.#provider(agent, name, provider),
      tokenAverages: agent?.tokenAverages ?? this.#averagesOf(name),
    };
  }

  #averagesOf(agent: string): ModelAgent["tokenAverages"] {
    let averages = this.#averages.get(agent);
    if (averages === undefined) this.#averages.set(agent, averages = {});
    return averages;
  }

  #limiter(name: string, limits: AdmissionRequest["limits"]): Limiter | undefined {
    if (limits === undefined) return undefined;
    const key = JSON.stringify([name, limits]);
    let limiter = this.#limiters.get(key);
    if (limiter === undefined) this.#limiters.set(key, limiter = limiterFor(limits));
    return limiter;
  }

  #provider(
    agent: ModelAgent | undefined,
    agentName: string,
    { name, id, limits, baseURL, vendor, index }: ProviderInfo,
  ): Provider {
    const configured = configuration().provider;
    const known = agent === undefined ? [configured] : listProviders(agent, configured);
    const isSame = (one: Provider | undefined) => one?.name === name && one.id === id;
    const found = isSame(known[index]) ? known[index] : id !== undefined && known.find(isSame);
    if (found) return found;
    // Providers without an id are never shared: each agent gets a stand-in of its own.
    const key = JSON.stringify([
      name,
      id ?? agentName,
      id === undefined,
      limits,
      baseURL,
      vendor,
    ]);
    let standIn = this.#standIns.get(key);
    if (standIn === undefined) {
      const never = () => {
        throw new Error("Cannot send a request as this provider only stands for one of a worker");
      };
      standIn = {
        name,
        id,
        limits,
        baseURL,
        vendor: () => vendor,
        generate: never,
        stream: never,
      };
      this.#standIns.set(key, standIn);
    }
    return standIn;
  }

  /** Returns the agents within a callable, by name. Calls inside a `run` function are unknown. */
  #agentsWithin(callable: Callable): ReadonlyMap<string, ModelAgent> {
    let agents = this.#agents.get(callable);
    if (agents === undefined) {
      this.#agents.set(callable, agents = new Map(collectAgents(callable, [])));
    }
    return agents;
  }
}

function collectAgents(value: unknown, ancestors: readonly unknown[]): [string, ModelAgent][] {
  if (typeof value !== "object" || value === null || ancestors.includes(value)) return [];
  const path = [...ancestors, value];
  if (isCallable(value)) {
    const definition = definitionOf(value);
    if (definition?.model !== undefined) return [[value.name, definition.model]];
    if (definition?.failed === undefined) return [];
    return collectAgents(definition.parts(), path);
  }
  if (!Array.isArray(value) && !isRecord(value)) return [];
  return Object.values(value).flatMap((inner) => collectAgents(inner, path));
}
