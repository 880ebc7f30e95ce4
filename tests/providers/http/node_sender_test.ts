import { ProviderError } from "@shoal/agents";
import { assertRejects } from "@std/assert";
import { NodeSender } from "../../../src/providers/http/send/node_sender.ts";

Deno.test("node sender: a request reports that it could not be created, disposal does not", async () => {
  const pem = "-----BEGIN CERTIFICATE-----\nabcd\n-----END CERTIFICATE-----\n";
  const options = { baseURL: "https://127.0.0.1:1/v1", connections: 1, caCerts: [pem] };
  await using sender = new NodeSender(options);
  const { signal } = new AbortController();
  const request = { url: options.baseURL, headers: {}, body: "{}", signal };
  await assertRejects(() => sender.send(request), ProviderError, "caCerts");
});
