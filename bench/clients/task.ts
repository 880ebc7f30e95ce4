import type { CallsTask } from "./make_calls.ts";
import type { EventsTask } from "./read_streams.ts";
import type { LeaveTask } from "./disconnect.ts";

/** What callers can be told to do. */
export type Task =
  | { readonly kind: "calls"; readonly task: CallsTask }
  | { readonly kind: "events"; readonly task: EventsTask }
  | { readonly kind: "leave"; readonly task: LeaveTask };
