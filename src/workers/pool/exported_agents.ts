/** The agents that the module of a pool exports, as its workers have told. */
import type { Callable } from "../../call/options/callable.ts";
import { differences, fingerprintOf } from "../fingerprint.ts";
import type { Found } from "../messages.ts";
import { currentSettings } from "./current_settings.ts";

/** Finds the export that is the same as an agent here. */
export class Agents {
  readonly #module: string;
  readonly #found: readonly Found[];
  readonly #configured: readonly string[];
  readonly #keys = new WeakMap<Callable, string>();

  /** With what a worker has told of the module: what it exports, and what it configures itself. */
  constructor(module: string, found: readonly Found[], configured: readonly string[]) {
    this.#module = module;
    this.#found = found;
    this.#configured = configured;
  }

  /**
   * The name of the export.
   *
   * @throws {TypeError} If there is none, if it is not the same, or if the workers lack something that `configure` has set.
   */
  keyOf(agent: Callable): string {
    this.#checkSettings(agent);
    let key = this.#keys.get(agent);
    if (key === undefined) this.#keys.set(agent, key = this.#find(agent));
    return key;
  }

  #find(agent: Callable): string {
    const { name } = agent;
    const alike = this.#found.filter((found) => found.name === name);
    const doing = `call "${name}" in a worker`;
    if (alike.length === 0) {
      const names = [...new Set(this.#found.map(({ name }) => name))].join(", ") || "none";
      throw new TypeError(
        `Cannot ${doing} as ${this.#module} must export an agent of that name: it exports ${names}`,
      );
    }
    const own = fingerprintOf(agent);
    const [nearest] = alike
      .map(({ key, parts }) => ({ key, differ: differences(own, parts) }))
      .sort((a, b) => a.differ.length - b.differ.length);
    const { key, differ } = nearest!;
    if (differ.length === 0) return key;
    throw new TypeError(
      `Cannot ${doing} as it differs from the one that ${this.#module} exports, in: ${
        differ.join(", ")
      }. Import it from there`,
    );
  }

  #checkSettings({ name }: Callable): void {
    const lacking = currentSettings().left.filter((option) => !this.#configured.includes(option));
    if (lacking.length === 0) return;
    throw new TypeError(
      `Cannot call "${name}" in a worker as the ${
        lacking.join(" and ")
      } of configure cannot be handed over, ` +
        `having functions: configure it in ${this.#module}`,
    );
  }
}
