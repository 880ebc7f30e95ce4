/** Keeps the settings of clients within those of the agent. */
import type { CallOptions } from "../../call/options/options.ts";
import { type ModelSettings, REASONING_EFFORTS } from "../../model/message.ts";
import type { OpenAIOverride } from "./options.ts";

/** What clients may override. */
export type Overrides = ReadonlySet<OpenAIOverride>;

/** Combines the value of the agent with that of the client. */
type Bound<T> = (own: T, given: T) => T;

type Bounds = { readonly [K in keyof ModelSettings]-?: Bound<NonNullable<ModelSettings[K]>> };

const atMost: Bound<number> = (own, given) => Math.min(own, given);
const unchanged = <T>(own: T): T => own;

const BOUNDS: Bounds = {
  maxTokens: atMost,
  temperature: atMost,
  topP: atMost,
  stop: unchanged,
  seed: unchanged,
  reasoningEffort: (own, given) => {
    return REASONING_EFFORTS.indexOf(given) < REASONING_EFFORTS.indexOf(own) ? given : own;
  },
  // What the agent does not set is still the client's.
  extra: (own, given) => ({ ...given, ...own }),
};

/**
 * Returns the settings that the client gets: its own, within the bounds that the agent sets, except
 * for those that it may override.
 */
export function boundSettings(
  given: CallOptions,
  own: ModelSettings,
  overrides: Overrides,
): CallOptions {
  const bounded: Record<string, unknown> = { ...given };
  for (const name of Object.keys(BOUNDS) as (keyof ModelSettings)[]) {
    const [theirs, ours] = [given[name], own[name]];
    if (theirs === undefined || ours === undefined || overrides.has(name)) continue;
    bounded[name] = (BOUNDS[name] as Bound<unknown>)(ours, theirs);
  }
  return bounded;
}
