/**
 * Kills processes between the rounds of calls with tools, and resumes: no finished round is paid
 * for again.
 */
import { sqliteJournal } from "@shoal/agents/journal";
import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { inFolder } from "./helpers.ts";
import { startModule } from "../child.ts";
import { serve } from "../serve.ts";

const ROWS = 60;
const ROUNDS = 4;
const KILLS = 6;

interface Body {
  readonly messages: readonly { readonly role: string; readonly content: string | null }[];
}

Deno.test(`crash: calls with ${ROUNDS} rounds, ${KILLS} kills: each round is paid for once`, () =>
  inFolder(async (folder) => {
    const path = `${folder}/journal.db`;
    /** How often each round of each row was requested. */
    const requests = new Map<string, number>();
    /** The most rounds of a row whose tools have certainly run. */
    const rounds = new Map<string, number>();
    const behind: string[] = [];
    let onRequest = () => {};
    await using server = serve(
      async (r) => {
        const { messages } = await r.json() as Body;
        const row = messages[0]!.content!;
        const round = messages.filter(({ role }) => role === "tool").length;
        // The request of a round is sent once the rounds before it are recorded.
        if (round < (rounds.get(row) ?? 0)) behind.push(`row ${row}: round ${round} again`);
        rounds.set(row, round);
        const key = `${row}/${round}`;
        requests.set(key, (requests.get(key) ?? 0) + 1);
        onRequest();
        return Response.json(chatBody(`${row}/${round}`, round < ROUNDS));
      },
    );
    const url = `${server.url}/v1`;
    const begin = () =>
      startModule(new URL("./crash_rounds_child.ts", import.meta.url), {
        args: [url, path, String(ROWS)],
        permissions: ["--allow-net=127.0.0.1", `--allow-read=${path}`, `--allow-write=${path}`],
      });

    for (let kill = 1; kill <= KILLS; kill++) {
      let left = 20 + Math.floor(Math.random() * 25);
      const reached = Promise.withResolvers<void>();
      onRequest = () => --left === 0 && reached.resolve();
      const child = begin();
      await Promise.race([reached.promise, child.output]);
      const { signal, stderr } = await child.kill();
      assertEquals(signal, "SIGKILL", stderr);
    }
    onRequest = () => {};
    const { success, stdout, stderr } = await begin().output;
    assert(success, stderr);
    assertEquals(behind, []);
    const results = JSON.parse(stdout);
    assertEquals(
      results,
      Array.from({ length: ROWS }, (_, row) => [
        `${row}/${ROUNDS}`,
        (ROUNDS + 1) * 11,
      ]),
    );
    // Only rounds in flight at a kill may have been paid for twice.
    const doubled = [...requests.values()].reduce((sum, n) => sum + n - 1, 0);
    assert(doubled <= KILLS * 20, `${doubled} requests too many`);

    // The totals count each round that was recorded once, also those of killed processes.
    await using journal = sqliteJournal(path);
    const { ok, usage } = (await journal.summary("rounds"))!;
    assertEquals([ok, usage.totalTokens], [ROWS, ROWS * (ROUNDS + 1) * 11]);
    // Nothing is left of the rounds of finished items.
    const db = new DatabaseSync(path);
    for (const table of ["checkpoints", "owners"]) {
      assertEquals({ ...db.prepare(`SELECT count(*) AS n FROM ${table}`).get() }, { n: 0 }, table);
    }
    db.close();
  }));

function chatBody(text: string, callsTool: boolean) {
  const args = JSON.stringify({ text });
  const call = { id: "1", type: "function", function: { name: "note", arguments: args } };
  const message = callsTool
    ? { role: "assistant", content: null, tool_calls: [call] }
    : { role: "assistant", content: text };
  const finish_reason = callsTool ? "tool_calls" : "stop";
  const usage = { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 };
  return { object: "chat.completion", choices: [{ index: 0, message, finish_reason }], usage };
}
