/** Tests `examples/deploy` with `deno serve` and only the permissions that it needs. */
import { simulator } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";

Deno.test("examples/deploy runs with deno serve and shuts down gracefully", async () => {
  await using model = simulator({ latency: 300 });
  const process = new Deno.Command("deno", {
    args: [
      ...["serve", "--no-prompt", "-P=deploy", "--host=127.0.0.1", "--port=0"],
      "examples/deploy/main.ts",
    ],
    cwd: new URL("../../", import.meta.url),
    env: {
      AGENTS_TOKEN: "s3cret",
      OPENAI_BASE_URL: model.url,
      OPENAI_API_KEY: "none",
      NO_COLOR: "1",
    },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let output = "";
  const listeningAt = Promise.withResolvers<string>();
  const listen = async (stream: ReadableStream<Uint8Array>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      output += text;
      const url = output.match(/http:\/\/127\.0\.0\.1:\d+/)?.[0];
      if (url !== undefined) listeningAt.resolve(url);
    }
  };
  const listening = Promise.all([listen(process.stdout), listen(process.stderr)]);
  const over = process.status.then(({ code }) => {
    listeningAt.reject(new Error(`The process ended with ${code}: ${output}`));
    return code;
  });
  const url = await listeningAt.promise;
  const call = () =>
    fetch(`${url}/review-analyzer`, {
      method: "POST",
      headers: { authorization: "Bearer s3cret", "content-type": "application/json" },
      body: JSON.stringify({ input: "I love it" }),
    }).then(async (response) => [response.status, await response.json()] as const);
  assertEquals(await (await fetch(`${url}/health`)).json(), { status: "ok" });
  const closed = await fetch(url);
  assertEquals(closed.status, 401);
  await closed.body?.cancel();
  const [status, answer] = await call();
  assertEquals([status, answer.status, answer.content.sentiment], [200, "success", {
    label: "positive",
  }]);
  // A shutdown waits for the call in progress.
  const last = call();
  while (model.stats.inFlight === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  process.kill("SIGTERM");
  assertEquals((await last)[0], 200);
  assertEquals(await over, 0);
  await listening;
  assert(!output.includes("s3cret"));
});
