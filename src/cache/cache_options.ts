import {
  callback,
  checkOptions,
  isRecord,
  positiveMs,
  refuse,
  type Rule,
} from "../model/check_options.ts";
import type { CacheStore } from "./cache_store.ts";

/** How long, and where, answers are kept, so that the same question is not paid for twice. */
export interface CacheOptions {
  /** How long an answer is given out again, in milliseconds. */
  readonly ttl: number;
  /**
   * Where answers are kept.
   *
   * @default The memory of this process, with room for 10,000 answers
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
  checkOptions(`${doing}: ${name}`, value, { ttl: positiveMs, store });
};
