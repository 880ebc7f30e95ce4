import {
  callback,
  checkOptions,
  isRecord,
  positiveMs,
  refuse,
  type Rule,
  type RulesFor,
} from "../model/check_options.ts";
import type { CacheStore } from "./cache_store.ts";

/** Options of `cache`: where answers are kept, and for how long. */
export interface CacheOptions {
  /** The time to live of an answer, in milliseconds, above 0. */
  readonly ttl: number;
  /**
   * The store.
   *
   * @default The memory of this process, up to 10,000 answers
   */
  readonly store?: CacheStore;
}

const store: Rule = (doing, name, value) => {
  if (!isRecord(value)) refuse(doing, name, "a store with `get` and `set`", value);
  callback(doing, `${name}.get`, value.get);
  callback(doing, `${name}.set`, value.set);
};

/** The rule for an option `cache`. */
export const cache: Rule = (doing, name, value) => {
  if (!isRecord(value) || value.ttl === undefined) {
    refuse(doing, name, "an object with at least `ttl`", value);
  }
  checkOptions(`${doing}: ${name}`, value, RULES);
};

const RULES: RulesFor<CacheOptions> = { ttl: positiveMs, store };
