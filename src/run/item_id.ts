/**
 * Computes the ids of journal items. Identical requests have the same id, in any order and in any
 * process.
 */
import type { AgentCall, Callable } from "../call/options/callable.ts";
import { callSettings, hashValues } from "../agent/call_hash.ts";
import { requestFingerprint } from "../agent/request_fingerprint.ts";
import { refuse } from "../model/check_options.ts";

/**
 * Part of every id. Journals outlive a release: a change of how ids are computed must increment it.
 */
const FORMAT = 1;

/** The key that the caller gave an item, if any. */
type Key = string | undefined;

/** Computes the ids of the items of a run. */
export class ItemIds {
  readonly #version: string | undefined;
  readonly #agents = new Map<Callable, string>();

  /** @param version The `version` option of the run, which is part of every id. */
  constructor(version: string | undefined) {
    this.#version = version;
  }

  /**
   * Returns the id of a call: a hash of the agent's name and definition, the parameters, the key
   * and the settings of the call.
   *
   * @throws {TypeError} If the parameters are not plain data and the call has no key.
   */
  forCall([agent, params, options]: AgentCall, index: number): string {
    let prefix = this.#agents.get(agent);
    if (prefix === undefined) {
      prefix = JSON.stringify([
        FORMAT,
        this.#version ?? null,
        agent.name,
        requestFingerprint(agent),
      ]);
      this.#agents.set(agent, prefix);
    }
    return hashItem(
      prefix,
      callSettings(agent, options),
      params,
      options?.key,
      `call ${index}`,
    );
  }

  /**
   * Returns the id under which the checkpoints of a call are kept. Unlike the id of the call, it
   * does not depend on the definition of the agent: a pipeline whose second step was edited finds
   * its first one. `undefined` if the parameters are not plain data and the call has no key.
   */
  ownerOfCall([agent, params, options]: AgentCall): string | undefined {
    return this.#owner(["call", agent.name], params, options?.key);
  }

  /** Returns the id under which the checkpoints of an item of `each` are kept. */
  ownerOfItem(item: unknown, key: Key): string | undefined {
    return this.#owner(["each"], key === undefined ? item : null, key);
  }

  #owner(kind: readonly string[], params: unknown, key: Key): string | undefined {
    const prefix = JSON.stringify([FORMAT, "checkpoints", this.#version ?? null, ...kind]);
    return hashValues(prefix, [params, key ?? null]) ??
      (key === undefined ? undefined : hashValues(prefix, [null, key]));
  }

  /**
   * Returns the id of an item of `each`: a hash of its key, or of the item if it has no key.
   *
   * @throws {TypeError} If the item is not plain data and has no key.
   */
  forItem(item: unknown, key: Key, index: number): string {
    const prefix = JSON.stringify([FORMAT, this.#version ?? null, "each"]);
    return key === undefined
      ? hashItem(prefix, [], item, undefined, `item ${index}`)
      : hashItem(prefix, [], null, key, `item ${index}`);
  }
}

function hashItem(
  prefix: string,
  more: readonly unknown[],
  params: unknown,
  key: Key,
  name: string,
): string {
  const id = hashValues(prefix, [...more, params, key ?? null]) ??
    (key === undefined ? undefined : hashValues(prefix, [...more, null, key]));
  if (id === undefined) {
    refuse(
      `record ${name} in the journal`,
      "its input",
      "plain data, unless it has a `key`",
      params,
    );
  }
  return id;
}
