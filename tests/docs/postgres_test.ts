/** Tests the recipe for Postgres with a real server. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { SimulatorOptions } from "@shoal/agents/testing";
import process from "node:process";
import postgres, { type Sql } from "postgres";
import { codeBlocksOf, readDocument } from "./guide.ts";
import { findPostgres, startPostgres } from "./postgres.ts";
import { openRecipe, type Recipe } from "./recipe.ts";

const RECIPE = "docs/recipes/postgres.md";
const ROWS = 1_000;
const PROGRAMS = await findPostgres();

/** Runs a test with a database that has the table of the recipe. */
function withDatabase(
  title: string,
  fn: (recipe: Recipe, sql: Sql) => Promise<void>,
  simulate?: SimulatorOptions,
): void {
  Deno.test({
    name: PROGRAMS === undefined ? `${title} (needs Postgres: apt-get install postgresql)` : title,
    ignore: PROGRAMS === undefined,
    async fn() {
      await using server = await startPostgres(PROGRAMS!);
      await using recipe = await openRecipe(RECIPE, {
        simulate,
        env: { DATABASE_URL: server.url, PATH: `${PROGRAMS}:${process.env.PATH}` },
      });
      const typed = codeBlocksOf(readDocument("docs/recipes/csv-to-typed-csv.md"));
      await recipe.write("schema.json", typed.find(({ file }) => file === "schema.json")!.code);
      const sql = postgres(server.url, { max: 1, onnotice: () => {} });
      try {
        await sql.unsafe(await recipe.read("schema.sql"));
        await fn(recipe, sql);
      } finally {
        await sql.end();
      }
    },
  });
}

/** Returns how many rows have a label and stars, how many have none, and how many are wrong. */
async function countLabels(sql: Sql) {
  const [counts] = await sql`
    select
      count(*) filter (where label is not null and stars between 1 and 5)::int as labelled,
      count(*) filter (where label is null and stars is null)::int as empty
    from reviews`;
  return { labelled: counts!.labelled as number, empty: counts!.empty as number };
}

withDatabase("psql: the commands label all rows, and label none twice", async (recipe, sql) => {
  const [commands] = recipe.commands;
  const first = await recipe.sh(commands!);
  assertEquals(first.code, 0, first.err);
  assertEquals(await countLabels(sql), { labelled: ROWS, empty: 0 });
  assertEquals(recipe.server.stats.requests, ROWS);
});

/** Waits until the first answers are in the table. */
const UNTIL_LABELLED = `do $$ begin
  while (select count(label) from reviews) = 0 loop perform pg_sleep(0.05); end loop;
end $$`;

/** Whether the model server answers all requests. If not, it answers only the first ones. */
let answersAll = false;
const FIRST_REQUESTS = 500;

withDatabase("program: a killed run continues without losing or repeating a row", async (
  recipe,
  sql,
) => {
  const [, command = ""] = recipe.commands;
  answersAll = false;
  const killed = await recipe.sh(
    `${command.trim()} & pid=$!
     psql "$DATABASE_URL" -qc '${UNTIL_LABELLED}'
     kill -9 $pid; wait $pid || echo "ended with $?"`,
  );
  assertMatch(killed.out, /ended with 137/, killed.err);
  const { labelled, empty } = await countLabels(sql);
  assert(labelled > 0 && empty >= ROWS - FIRST_REQUESTS, `${labelled} labelled, ${empty} empty`);

  answersAll = true;
  const second = await recipe.sh(command);
  assertEquals([second.code, second.out], [0, "all rows have a label\n"], second.err);
  assertEquals(await countLabels(sql), { labelled: ROWS, empty: 0 });
  // Only rows in flight, at most 100, were sent again.
  const repeated = recipe.server.stats.requests - ROWS;
  assert(repeated <= 100, `${repeated} requests were repeated`);

  const third = await recipe.sh(command);
  assertEquals([third.code, third.out], [0, "all rows have a label\n"], third.err);
  assertEquals(recipe.server.stats.requests, ROWS + repeated);
}, { script: (_, n) => answersAll || n < FIRST_REQUESTS ? undefined : "stallHeaders" });
