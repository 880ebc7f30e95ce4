import { currentRuntime } from "../../../model/runtime.ts";
import { BunSender } from "./bun_sender.ts";
import { DenoSender } from "./deno/deno_sender.ts";
import { FetchSender } from "./fetch_sender.ts";
import type { HttpSender, SenderOptions } from "./http_sender.ts";
import { NodeSender } from "./node_sender.ts";

/** Creates the sender for this runtime, or one for a `fetch` that was passed as an option. */
export function createSender(
  options: SenderOptions & { readonly fetch: typeof fetch | undefined },
): HttpSender {
  if (options.fetch !== undefined) return new FetchSender(options.fetch);
  switch (currentRuntime()) {
    case "deno":
      return new DenoSender(options);
    case "node":
      return new NodeSender(options);
    case "bun":
      return new BunSender(options);
    default:
      return new FetchSender();
  }
}
