/** Tests that messages of the library name no options where the command line has flags. */
import { assertEquals } from "@std/assert";
import { nameFlags } from "../../src/cli/option_flags.ts";
import { messagesIn } from "./messages.ts";
import { sourcesIn } from "./sources.ts";

/** The rooms whose messages a run of the command line can show. */
const ROOMS = [
  "call",
  "journal/sqlite",
  "limits",
  "model",
  "pricing",
  "providers/http",
  "providers/openai",
  "resilience",
  "run",
  "workers",
];

/** Words that stay: options that only the file of the agents can set, and words of other APIs. */
const STAYS: Readonly<Record<string, string>> = {
  after: "option in the file of the agents",
  asTool: "method in the file of the agents",
  caCerts: "option of openai() in the file of the agents",
  configure: "function of the file of the agents",
  defineTool: "function of the file of the agents",
  dryRun: "a tool or a run function has set it",
  failures: "option in the file of the agents",
  fallbackModels: "option in the file of the agents",
  key: "property of a row in the file of the agents",
  maxAnswerBytes: "option of openai() in the file of the agents",
  maxSteps: "option in the file of the agents",
  mediaType: "property of an attachment in the file of the agents",
  onDelta: "callback in the file of the agents",
  onChange: "callback in the file of the agents",
  openai: "function of the file of the agents",
  params: "option in the file of the agents",
  percentile: "option in the file of the agents",
  providerData: "property of a message in the file of the agents",
  resolve: "function of the file of the agents",
  stream: "method in the file of the agents",
  structuredOutput: "option of openai() in the file of the agents",
  toolCallId: "property of a message in the file of the agents",
  toolCalls: "property of a message in the file of the agents",
};

Deno.test("no message that a run can show has the name of an option that a flag sets", () => {
  const sentences = ROOMS.flatMap((room) => [...sourcesIn(`src/${room}`)])
    .flatMap(([path, source]) => messagesIn(path, source).map(({ text }) => text));
  assertEquals(sentences.length > 300, true);
  const left: string[] = [];
  for (const sentence of sentences) {
    const text = nameFlags(sentence);
    for (
      const [, quoted, call, word] of text.matchAll(
        /`([\w.]+)`|\b(configure|openai)\(|\b([a-z]+[A-Z]\w*)\b/g,
      )
    ) {
      const name = (quoted ?? call ?? word)!;
      if (!Object.hasOwn(STAYS, name)) left.push(`${name}: ${text}`);
    }
  }
  assertEquals(left, []);
});
