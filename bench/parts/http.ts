import type { Effort, Finding } from "../part.ts";
import { httpCalls } from "./http_calls.ts";
import { httpEvents } from "./http_streams.ts";
import { httpLeave } from "./http_disconnects.ts";

/** What agents over HTTP cost, whether streams arrive whole, and what clients that leave in the middle leave behind. */
export async function* http(effort: Effort): AsyncGenerator<Finding> {
  yield await httpCalls(effort);
  yield await httpEvents(effort);
  yield await httpLeave(effort);
}
