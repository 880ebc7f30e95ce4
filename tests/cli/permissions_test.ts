/** Tests that a missing permission is reported with the flag that grants it. */
import { assertEquals, assertMatch } from "@std/assert";
import { AGENTS, COMMAND, place, rowsOf, text } from "./helpers.ts";

const READ_WRITE = ["--allow-read", "--allow-write"];

for (
  const [missing, flags, code, pattern] of [
    ["read", [], 2, /Requires read access to .*--allow-read/],
    ["write", ["--allow-read"], 3, /Requires write access to .*--allow-write/],
    ["env", [...READ_WRITE, "--allow-net"], 2, /there is no key/],
    ["net", [...READ_WRITE, "--allow-env"], 3, /line \d+: provider: Requires net access.*-net/],
  ] as const
) {
  Deno.test(`reports the missing permission: ${missing}`, async () => {
    await using here = await place();
    await here.write("in.jsonl", rowsOf(30));
    const { code: ended, stderr } = await new Deno.Command(COMMAND[0]!, {
      args: [
        ...COMMAND.slice(1).flatMap((arg) => arg === "-P=shoal" ? flags : [arg]),
        ...["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-q"],
      ],
      cwd: here.dir,
      env: { OPENAI_BASE_URL: here.server.url, OPENAI_API_KEY: "sk-secret-of-tests" },
    }).output();
    assertMatch(text(stderr), pattern);
    assertEquals([ended, here.server.stats.requests], [code, 0], text(stderr));
    assertEquals(/sk-secret|\n {4}at /.test(text(stderr)), false, text(stderr));
  });
}
