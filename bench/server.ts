/** The simulator in a process of its own, so that its work is not counted as the client's. Prints its URL. */
import { simulator } from "@shoal/agents/testing";

const [latency, cert, key] = Deno.args;
const tls = cert === undefined
  ? undefined
  : { cert: await Deno.readTextFile(cert), key: await Deno.readTextFile(key!) };
const server = simulator({
  latency: Number(latency),
  ...(tls !== undefined && { tls, maxConcurrentStreams: 100 }),
});
console.log(server.url);
// It lives as long as the one who started it.
await Deno.stdin.readable.pipeTo(new WritableStream());
await server.close();
