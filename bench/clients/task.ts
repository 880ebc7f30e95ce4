import type { CallsTask } from "./make_calls.ts";
import type { StreamsTask } from "./read_streams.ts";
import type { DisconnectTask } from "./disconnect.ts";

/** What callers can be told to do. */
export type Task =
  | { readonly kind: "calls"; readonly task: CallsTask }
  | { readonly kind: "events"; readonly task: StreamsTask }
  | { readonly kind: "leave"; readonly task: DisconnectTask };
