/** Tests of `shoal doctor` with servers over HTTPS, with and without HTTP/2. */
import { simulator } from "@shoal/agents/testing";
import { assertEquals, assertMatch } from "@std/assert";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { place } from "./helpers.ts";
import { readFileSync } from "node:fs";
import { startModule } from "../child.ts";
import { runtime } from "../runtime.ts";

const certificate = new URL("../testing/certs/localhost.crt.pem", import.meta.url);
const tls = {
  cert: readFileSync(certificate, "utf8"),
  key: readFileSync(new URL("../testing/certs/localhost.key.pem", import.meta.url), "utf8"),
};
const trusted = {
  DENO_CERT: fileURLToPath(certificate),
  NODE_EXTRA_CA_CERTS: fileURLToPath(certificate),
};

for (const streams of [100, 250]) {
  Deno.test(`doctor reports ${streams} requests per connection over HTTP/2`, async () => {
    await using here = await place();
    await using server = simulator({ tls, maxConcurrentStreams: streams });
    const output = await here.shoal(["doctor", "--base-url", server.url], { env: trusted });
    assertEquals(output.code, 0, output.out);
    assertMatch(output.out, /^ok {4}server .*https:.* lists 2 models/m);
    assertMatch(output.out, new RegExp(`^ok    streams .*HTTP/2, ${streams} requests`, "m"));
    assertMatch(output.out, new RegExp(`the first ${streams} share a connection`));
    // No model was called.
    assertEquals([server.stats.inputTokens, server.stats.inFlight], [0, 0]);
  });
}

Deno.test("fetching the stream limit 60 times does not crash the process", async () => {
  await using server = simulator({ tls, maxConcurrentStreams: 128 });
  const { origin } = new URL(server.url);
  // In a process of its own, as it could crash.
  const { code, stdout, stderr } = await startModule(
    new URL("./stream_limit_child.ts", import.meta.url),
    { args: [origin], permissions: ["--allow-net=127.0.0.1"], env: trusted },
  ).output;
  assertEquals([code, stdout.trim()], [0, "128 ".repeat(60).trim()], stderr);
});

Deno.test("doctor accepts HTTPS without HTTP/2", async () => {
  await using here = await place();
  const server = createServer(tls, (_, response) => void response.end('{"data":[{}]}'));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `https://127.0.0.1:${port}/v1`;
  const output = await here.shoal(["doctor", "--base-url", url, "--timeout", "3s"], {
    env: trusted,
  });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  assertEquals(output.code, 0, output.out);
  assertMatch(output.out, /^ok {4}streams .*HTTP\/1.1 is used/m);
});

Deno.test("doctor reports an unknown certificate, and how to trust it", async () => {
  await using here = await place();
  await using server = simulator({ tls });
  const output = await here.shoal(["doctor", "--base-url", server.url]);
  assertEquals(output.code, 3, output.out);
  assertMatch(
    output.out,
    runtime === "deno"
      ? /^fail {2}server .*: invalid peer certificate: UnknownIssuer \(DENO_CERT/m
      : /^fail {2}server .*: self.signed certificate.* \(NODE_EXTRA_CA_CERTS=FILE/m,
  );
  assertMatch(output.out, /^warn {2}streams .*unknown/m);
});
