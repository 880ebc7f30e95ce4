/** Fetches the stream limit of a server 60 times. */
import { fetchStreamLimit } from "../../src/cli/commands/stream_limit.ts";

const limits: unknown[] = [];
for (let i = 0; i < 60; i++) limits.push(await fetchStreamLimit(Deno.args[0]!, 10_000));
console.log(limits.join(" "));
