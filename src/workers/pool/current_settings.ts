/** The settings of `configure`, as they are sent to workers. */
import { configuration, settings as configured } from "../../call/options/config.ts";
import type { WorkerSettings } from "../messages.ts";
import { canBeCloned } from "../result_codec.ts";

/** Options that hold for the process, not for a single call. */
const NOT_SENT: ReadonlySet<string> = new Set(["mode", "limits", "provider"]);

/** A snapshot of the settings of this process. */
export interface CurrentSettings {
  /** What is sent to workers. */
  readonly sent: WorkerSettings;
  /** Names of the options with functions in them. The module of the agents must configure them. */
  readonly uncloneable: readonly string[];
}

let cached: { readonly configuration: unknown; readonly current: CurrentSettings } | undefined;

/** Returns the current settings: the same object until they change. */
export function currentSettings(): CurrentSettings {
  const now = configuration();
  if (cached?.configuration === now) return cached.current;
  const options: Record<string, unknown> = {};
  // An option that returns to its default here must do so in the workers, too.
  for (const name of Object.keys(cached?.current.sent.options ?? {})) options[name] = undefined;
  const uncloneable: string[] = [];
  for (const [name, value] of Object.entries(configured())) {
    if (NOT_SENT.has(name)) continue;
    if (canBeCloned(value)) options[name] = value;
    else uncloneable.push(name);
  }
  const current = { sent: { options, hasProvider: now.provider !== undefined }, uncloneable };
  cached = { configuration: now, current };
  return current;
}
