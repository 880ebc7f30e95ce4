import type { CallsTask } from "./calls.ts";
import type { EventsTask } from "./events.ts";
import type { LeaveTask } from "./leave.ts";

/** What callers can be told to do. */
export type Task =
  | { readonly kind: "calls"; readonly task: CallsTask }
  | { readonly kind: "events"; readonly task: EventsTask }
  | { readonly kind: "leave"; readonly task: LeaveTask };
