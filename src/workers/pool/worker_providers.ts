/** Which provider of the process an attempt of a worker is for: its limits and breakers are those that hold. */
import { type Callable, isCallable } from "../../call/options/callable.ts";
import type { ModelAgent } from "../../call/options/model_agent.ts";
import { configuration } from "../../call/options/config.ts";
import { definitionOf } from "../../agent/definition.ts";
import { limiterFor } from "../../limits/adaptive_limiter.ts";
import type { Limiter } from "../../limits/limiter.ts";
import { isRecord } from "../../model/check_options.ts";
import type { Provider } from "../../model/provider.ts";
import type { Asking, ProviderNote } from "../messages.ts";

/** What is said of a provider to another isolate. */
export function noteOf(
  { name, id, limits }: Provider,
  agent: ModelAgent,
  configured: Provider | undefined,
): ProviderNote {
  const place = providersOf(agent, configured).findIndex((one) =>
    one?.name === name && one.id === id
  );
  return { name, id, limits: limits && JSON.parse(JSON.stringify(limits)), place };
}

/** Who may answer for an agent: in the same order in every isolate. */
function providersOf(
  { provider, fallbackModels = [] }: ModelAgent,
  configured: Provider | undefined,
): readonly (Provider | undefined)[] {
  const others = fallbackModels.map((other) =>
    typeof other === "string" ? undefined : other.provider
  );
  return [provider, ...others, configured];
}

/** Who asks, in this process: whose limits an attempt needs. */
export interface Asker {
  /** The agent's own limits. */
  readonly limiter: Limiter | undefined;
  readonly provider: Provider;
}

/** Finds for each attempt of a worker the agent and the provider of this process, or keeps one that stands for it. */
export class Providers {
  readonly #agents = new WeakMap<Callable, ReadonlyMap<string, ModelAgent>>();
  readonly #limiters = new Map<string, Limiter>();
  readonly #standIns = new Map<string, Provider>();

  /** Who asks within a call of `callable`. */
  asker(callable: Callable, { agent: name, limits, provider }: Asking): Asker {
    const agent = this.#within(callable).get(name);
    return {
      limiter: agent?.limiter ?? this.#limiter(name, limits),
      provider: this.#provider(agent, name, provider),
    };
  }

  #limiter(name: string, limits: Asking["limits"]): Limiter | undefined {
    if (limits === undefined) return undefined;
    const key = JSON.stringify([name, limits]);
    let limiter = this.#limiters.get(key);
    if (limiter === undefined) this.#limiters.set(key, limiter = limiterFor(limits));
    return limiter;
  }

  #provider(
    agent: ModelAgent | undefined,
    agentName: string,
    { name, id, limits, place }: ProviderNote,
  ): Provider {
    const configured = configuration().provider;
    const known = agent === undefined ? [configured] : providersOf(agent, configured);
    const same = (one: Provider | undefined) => one?.name === name && one.id === id;
    const found = same(known[place]) ? known[place] : id !== undefined && known.find(same);
    if (found) return found;
    // What does not say where its answers come from is only like itself: one for each agent.
    const key = JSON.stringify([name, id ?? agentName, id === undefined, limits]);
    let standIn = this.#standIns.get(key);
    if (standIn === undefined) {
      const never = () => {
        throw new Error("Cannot ask it as it only stands for a provider in a worker");
      };
      this.#standIns.set(key, standIn = { name, id, limits, generate: never, stream: never });
    }
    return standIn;
  }

  /** The agents that a callable is known to be made of, by name. What a `run` calls nobody knows before. */
  #within(callable: Callable): ReadonlyMap<string, ModelAgent> {
    let agents = this.#agents.get(callable);
    if (agents === undefined) this.#agents.set(callable, agents = new Map(agentsIn(callable, [])));
    return agents;
  }
}

function agentsIn(value: unknown, above: readonly unknown[]): [string, ModelAgent][] {
  if (typeof value !== "object" || value === null || above.includes(value)) return [];
  const inside = [...above, value];
  if (isCallable(value)) {
    const definition = definitionOf(value);
    if (definition?.model !== undefined) return [[value.name, definition.model]];
    if (definition?.failed === undefined) return [];
    return agentsIn(definition.parts(), inside);
  }
  if (!Array.isArray(value) && !isRecord(value)) return [];
  return Object.values(value).flatMap((inner) => agentsIn(inner, inside));
}
