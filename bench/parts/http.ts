import type { Effort, Finding } from "../part.ts";
import { httpCalls } from "./http_calls.ts";
import { httpStreams } from "./http_streams.ts";
import { httpDisconnects } from "./http_disconnects.ts";

/**
 * Agents over HTTP: the cost of calls, whether streams arrive whole, and what remains of clients
 * that disconnect.
 */
export async function* http(effort: Effort): AsyncGenerator<Finding> {
  yield await httpCalls(effort);
  yield await httpStreams(effort);
  yield await httpDisconnects(effort);
}
