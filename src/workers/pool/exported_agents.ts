/** The agents that the module of a pool exports, as reported by its workers. */
import type { Callable } from "../../call/options/callable.ts";
import { differingParts, fingerprintOf } from "../fingerprint.ts";
import type { AgentExport } from "../messages.ts";
import { currentSettings } from "./current_settings.ts";

/** Finds the export that has the same definition as an agent of this process. */
export class ExportedAgents {
  readonly #module: string;
  readonly #exports: readonly AgentExport[];
  readonly #configured: readonly string[];
  readonly #keys = new WeakMap<Callable, string>();

  /** Takes what a worker has reported: the exports, and the options that the module configures. */
  constructor(module: string, exports: readonly AgentExport[], configured: readonly string[]) {
    this.#module = module;
    this.#exports = exports;
    this.#configured = configured;
  }

  /**
   * Returns the name of the export.
   *
   * @throws {TypeError} If there is no such agent, if its definition differs, or if `configure` has
   * set an option that the workers do not have.
   */
  exportFor(agent: Callable): string {
    this.#checkSettings(agent);
    let key = this.#keys.get(agent);
    if (key === undefined) this.#keys.set(agent, key = this.#find(agent));
    return key;
  }

  #find(agent: Callable): string {
    const { name } = agent;
    const candidates = this.#exports.filter((one) => one.name === name);
    const doing = `call "${name}" in a worker`;
    if (candidates.length === 0) {
      const names = [...new Set(this.#exports.map(({ name }) => name))].join(", ") || "none";
      throw new TypeError(
        `Cannot ${doing} as ${this.#module} must export an agent of that name: ` +
          `it exports ${names}`,
      );
    }
    const own = fingerprintOf(agent);
    const [nearest] = candidates
      .map(({ key, parts }) => ({ key, differing: differingParts(own, parts) }))
      .sort((a, b) => a.differing.length - b.differing.length);
    const { key, differing } = nearest!;
    if (differing.length === 0) return key;
    throw new TypeError(
      `Cannot ${doing} as it differs from the agent that ${this.#module} exports, in: ` +
        `${differing.join(", ")}. Import the agent from that module`,
    );
  }

  #checkSettings({ name }: Callable): void {
    const missing = currentSettings().uncloneable
      .filter((option) => !this.#configured.includes(option));
    if (missing.length === 0) return;
    throw new TypeError(
      `Cannot call "${name}" in a worker as ${missing.join(" and ")} of configure ` +
        `cannot be sent to workers, having functions: call configure in ${this.#module}`,
    );
  }
}
