/** Tests that answers have bounds on Node and Bun, by clients in processes of their own. */
import { assertEquals, assertMatch } from "@std/assert";
import { RUNTIMES } from "../../runtimes/runtimes.ts";
import { type Endless, endlessServer } from "../bounds/endless_server.ts";
import { until } from "../openai/helpers.ts";
import { runClient } from "./run_client.ts";

const EVENTS = { "content-type": "text/event-stream" };
const ENCODINGS = [undefined, "gzip", "br", "deflate", "zstd"] as const;
const BUN_WITH_UNDICI = { BUN_CONFIG_MAX_HTTP_REQUESTS: "1" };

const SENDERS = RUNTIMES.flatMap((runtime) => [
  { name: runtime.name, runtime, env: {} },
  ...(runtime.isBun
    ? [{ name: `${runtime.name} with undici`, runtime, env: BUN_WITH_UNDICI }]
    : []),
]);

for (const { name, runtime, env } of SENDERS) {
  for (const encoding of ENCODINGS) {
    Deno.test({
      name: `${name}: a body without end fails its call, ${encoding ?? "plain"}`,
      // Node has zstd from 22.15 on.
      ignore: runtime.path === undefined || (encoding === "zstd" && runtime.name === "Node 22"),
      async fn() {
        const bodies: Endless[] = [
          { repeat: " " },
          { headers: EVENTS, start: "data: ", repeat: "a" },
          { status: 400, start: '{"error":{"message":"', repeat: "a" },
        ];
        for (const [i, body] of bodies.entries()) {
          await using server = endlessServer(() => ({ ...body, encoding }));
          const outcome = await runClient(runtime, {
            options: { baseURL: server.url, maxAnswerBytes: 5_000_000 },
            retries: 2,
            streamed: i === 1,
          }, env);
          const { error, attempts, unhandled } = outcome;
          assertEquals([attempts, error?.retryable, unhandled], [["provider"], false, []]);
          assertMatch(
            error!.message,
            i === 2 ? /answered 400: with an error of more than/ : /larger than 5,000,000 bytes/,
          );
          assertEquals(server.requests, 1);
          await until(() => server.closed === 1, "the connection is closed");
        }
      },
    });
  }
}
