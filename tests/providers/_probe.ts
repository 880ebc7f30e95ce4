import { openai } from "@shoal/agents/openai";
import { simulator } from "@shoal/agents/testing";
const read = (name: string) => Deno.readTextFileSync(new URL(`file:///work/main/tests/testing/certs/${name}`));
const tls = { cert: read("localhost.crt.pem"), key: read("localhost.key.pem") };
for (const t of [undefined, tls]) {
await using sim = simulator({ tls: t });
await using p = openai({ baseURL: sim.url, caCerts: [tls.cert] });
const req = { model: "m", messages: [{ role: "user" as const, content: "hello" }], settings: {} };
for (let i = 0; i < 30; i++) for await (const _ of p.stream(req, { signal: new AbortController().signal }));
console.log("stream seq", sim.stats.connections, sim.stats.aborted, sim.stats.requests);
sim.resetStats();
for (let i = 0; i < 30; i++) await p.generate(req, { signal: new AbortController().signal });
console.log("gen seq", sim.stats.connections, sim.stats.aborted, sim.stats.requests);
sim.resetStats();
await Promise.all(Array.from({length: 300}, () => p.generate(req, { signal: new AbortController().signal })));
console.log("gen par", sim.stats);
}
