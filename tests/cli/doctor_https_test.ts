/** The doctor at servers that speak HTTPS, with HTTP/2 and without. */
import { simulator } from "@shoal/agents/testing";
import { assertEquals, assertMatch } from "@std/assert";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { place, text } from "./helpers.ts";

const certificate = new URL("../testing/certs/localhost.crt.pem", import.meta.url);
const tls = {
  cert: Deno.readTextFileSync(certificate),
  key: Deno.readTextFileSync(new URL("../testing/certs/localhost.key.pem", import.meta.url)),
};
const trusted = { DENO_CERT: fileURLToPath(certificate) };

for (const streams of [100, 250]) {
  Deno.test(`doctor: a server with ${streams} streams on a connection`, async () => {
    await using here = await place();
    await using server = simulator({ tls, maxConcurrentStreams: streams });
    const said = await here.shoal(["doctor", "--base-url", server.url], { env: trusted });
    assertEquals(said.code, 0, said.out);
    assertMatch(said.out, /^ok {4}server .*https:.* has 2 models/m);
    assertMatch(said.out, new RegExp(`^ok    streams .*HTTP/2, ${streams} requests`, "m"));
    assertMatch(said.out, new RegExp(`the first ${streams} share a connection`));
    // Nothing was asked of a model.
    assertEquals([server.stats.inputTokens, server.stats.inFlight], [0, 0]);
  });
}

Deno.test("the stream limit: asked for often, the session ends well each time", async () => {
  await using server = simulator({ tls, maxConcurrentStreams: 128 });
  const { origin } = new URL(server.url);
  // A process of its own: it could crash.
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-net=127.0.0.1"],
      new URL("./stream_limit_child.ts", import.meta.url).href,
      origin,
    ],
    env: trusted,
  }).output();
  assertEquals([code, text(stdout).trim()], [0, "128 ".repeat(60).trim()], text(stderr));
});

Deno.test("doctor: HTTPS without HTTP/2 will do", async () => {
  await using here = await place();
  const server = createServer(tls, (_, response) => void response.end('{"data":[{}]}'));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `https://127.0.0.1:${port}/v1`;
  const said = await here.shoal(["doctor", "--base-url", url, "--timeout", "3s"], { env: trusted });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  assertEquals(said.code, 0, said.out);
  assertMatch(said.out, /^ok {4}streams .*HTTP\/1.1 will do/m);
});

Deno.test("doctor: a certificate that nobody knows is told, and what trusts it", async () => {
  await using here = await place();
  await using server = simulator({ tls });
  const said = await here.shoal(["doctor", "--base-url", server.url]);
  assertEquals(said.code, 3, said.out);
  assertMatch(said.out, /^fail {2}server .*: invalid peer certificate: UnknownIssuer \(DENO_CERT/m);
  assertMatch(said.out, /^warn {2}streams .*not known/m);
});
