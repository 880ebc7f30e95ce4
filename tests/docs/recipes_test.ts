/** Tests that the commands of the recipes do what the recipes say. */
import { assertEquals, assertMatch } from "@std/assert";
import { parse } from "csv-parse/sync";
import { type CommandEnd, openRecipe } from "./recipe.ts";

/** Returns the rows of CSV as objects. */
function rowsOf(csv: string): Record<string, string>[] {
  return parse(csv, { columns: true });
}

function assertSucceeds({ code, err }: CommandEnd): void {
  assertEquals(code, 0, err);
}

Deno.test("CSV to typed CSV: all commands write typed columns", async () => {
  await using recipe = await openRecipe("docs/recipes/csv-to-typed-csv.md");
  for (const command of recipe.commands) assertSucceeds(await recipe.sh(command));
  for (const name of ["labels.csv", "rated.csv", "ratings.csv"]) {
    const rows = rowsOf(await recipe.read(name));
    assertEquals(rows.map(({ id }) => id).sort(), ["1", "2", "3"], name);
    for (const row of rows) {
      assertEquals(Object.keys(row), ["id", "text", "label", "stars"], name);
      assertMatch(`${row.label} ${row.stars}`, /^(positive|negative|neutral) [1-5]$/);
    }
  }
  assertEquals(rowsOf(await recipe.read("labels.csv")).map(({ id }) => id), ["1", "2", "3"]);
});

for (
  const [path, heading] of [
    ["docs/start.md", "three commands"],
    ["docs/command-line.md", "without a key"],
  ] as const
) {
  Deno.test(`${path}: shoal init leads to a first run without a key (${heading})`, async () => {
    await using recipe = await openRecipe(path, {
      env: { OPENAI_API_KEY: "", OPENAI_BASE_URL: "" },
      // The permissions and the registry of the reader: here, shoal is on the PATH.
      replace: () => ({ 'alias shoal="deno run -A jsr:@shoal/agents/cli"\n': "" }),
    });
    const start = recipe.commands.find((command) => command.startsWith("shoal init\n"));
    const end = await recipe.sh(start!);
    assertSucceeds(end);
    assertMatch(end.out, /^ {2}shoal run agents\.ts#Label --in reviews\.csv --simulate --fresh$/m);
    assertEquals(end.out.match(/^\{"id":"\d","text":/gm)?.length, 6, end.out);
    assertMatch(end.err, /^6 ok, 0 failed/m);
    assertEquals(recipe.server.stats.requests, 0);
  });
}

Deno.test("Ollama: its commands run with the URL of the server", async () => {
  await using recipe = await openRecipe("docs/recipes/ollama.md", {
    env: { OPENAI_API_KEY: "" },
    replace: (url) => ({ "http://localhost:11434/v1": url }),
  });
  await recipe.write("reviews.csv", "id,text\n1,I love it\n2,Meh\n");
  const [command] = recipe.commands;
  const end = await recipe.sh(command!);
  assertSucceeds(end);
  assertMatch(end.out, /OPENAI_API_KEY is not set; this server may not need one/);
  assertEquals(rowsOf(await recipe.read("labels.csv")).length, 2);
});

Deno.test("cron: the script starts a run once, and retries only failed rows", async () => {
  await using recipe = await openRecipe("docs/recipes/cron.md");
  await recipe.write(
    "agents.ts",
    `import { defineAgent } from "@shoal/agents";
     export const Label = defineAgent({ name: "label", model: "gpt-5-mini", prompt: "{text}", retries: 0 });`,
  );
  await recipe.write("reviews-2026-11-30.csv", "id,text\n1,I love it\n2,Meh\n3,OK\n");
  const script = "./label.sh 2026-11-30";
  const first = await recipe.sh(script);
  assertEquals([first.code, first.out, first.err], [0, "", ""]);
  const second = await recipe.sh(script);
  assertEquals([second.code, second.out, second.err], [0, "", ""]);
  assertEquals(recipe.server.stats.requests, 3);
  assertEquals(rowsOf(await recipe.read("labels-2026-11-30.csv")).length, 3);

  // A row that cannot be read is reported in the mail of cron, and in the file.
  await recipe.write("reviews-2026-12-01.csv", "id,text\n1,I love it,surplus\n2,Meh\n");
  const broken = await recipe.sh("./label.sh 2026-12-01");
  assertEquals(broken.code, 1, broken.err);
  assertMatch(broken.out, /some rows of 2026-12-01 failed for good: see errors-2026-12-01/);
  assertMatch(await recipe.read("errors-2026-12-01.jsonl"), /^{"line":2,"code":"bad_row"/);

  assertSucceeds(await recipe.sh(recipe.commands.at(-1)!));
  assertMatch((await recipe.sh("ls .shoal")).out, /labels-2026-11-30\n/);
});
