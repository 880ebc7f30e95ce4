/** Fetches the stream limit of a server 60 times. */
import { fetchStreamLimit } from "../../src/cli/commands/stream_limit.ts";
import process from "node:process";

const limits: unknown[] = [];
for (let i = 0; i < 60; i++) limits.push(await fetchStreamLimit(process.argv.slice(2)[0]!, 10_000));
console.log(limits.join(" "));
