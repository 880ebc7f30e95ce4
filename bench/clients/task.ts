import type { CallsTask } from "./make_calls.ts";
import type { StreamsTask } from "./read_streams.ts";
import type { DisconnectTask } from "./disconnect.ts";

/** A task for the process of the clients. */
export type Task =
  | { readonly kind: "calls"; readonly task: CallsTask }
  | { readonly kind: "streams"; readonly task: StreamsTask }
  | { readonly kind: "disconnect"; readonly task: DisconnectTask };
