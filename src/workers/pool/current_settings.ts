/** What `configure` says, on its way to the workers. */
import { configuration, settings as configured } from "../../call/options/config.ts";
import type { Settings } from "../messages.ts";
import { canBeCloned } from "../result_codec.ts";

/** What holds in the process and not for a single call: it stays here. */
const STAYS_HERE: ReadonlySet<string> = new Set(["mode", "limits", "provider"]);

/** The settings of the process at some moment. */
export interface Handover extends Settings {
  /** What cannot go over, as it has functions in it: the module of the agents must configure it itself. */
  readonly left: readonly string[];
}

let known: { readonly of: unknown; readonly handover: Handover } | undefined;

/** The settings as they are now: the same object until they change. */
export function currentSettings(): Handover {
  const of = configuration();
  if (known?.of === of) return known.handover;
  const options: Record<string, unknown> = {};
  // What goes back to its default goes back there, too.
  for (const name of Object.keys(known?.handover.options ?? {})) options[name] = undefined;
  const left: string[] = [];
  for (const [name, value] of Object.entries(configured())) {
    if (STAYS_HERE.has(name)) continue;
    if (canBeCloned(value)) options[name] = value;
    else left.push(name);
  }
  const handover = { options, hasProvider: of.provider !== undefined, left };
  known = { of, handover };
  return handover;
}
