/** Compiles snippets with the real compiler and returns its errors. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** One error of the compiler. */
export interface CompileError {
  /** The index of the snippet. */
  readonly snippet: number;
  /** The code from the reported position to the end of the snippet. */
  readonly at: string;
  /** The whole message, with its details and related information, but without the snippet. */
  readonly message: string;
}

const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

/**
 * Checks expressions in one run of the compiler: each is a function body of its own.
 *
 * @param preamble Imports and declarations that the snippets use.
 * @throws {Error} If the compiler takes longer than two minutes, or reports an error elsewhere.
 */
export async function compile(
  preamble: string,
  snippets: readonly string[],
): Promise<readonly CompileError[]> {
  const dir = await mkdtemp(join(tmpdir(), "shoal-types-"));
  try {
    const file = join(dir, "snippets.ts");
    const opening = preamble.trim().split("\n");
    const lines = snippets.map((code) => `export const _ = async () => { ${code} };`);
    if (snippets.some((code) => code.includes("\n"))) throw new Error("a snippet is one line");
    const named = lines.map((line, i) => line.replace("_", `s${i}`));
    await writeFile(file, [...opening, ...named].join("\n"));
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--config", CONFIG, file],
      env: { NO_COLOR: "1" },
      stdout: "null",
      stderr: "piped",
      signal: AbortSignal.timeout(120_000),
    }).output();
    return errorsIn(new TextDecoder().decode(stderr), opening.length, named);
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** Parses the compiler's report: paragraphs of a message, the code and its position. */
function errorsIn(report: string, first: number, lines: readonly string[]): CompileError[] {
  const errors: CompileError[] = [];
  for (const part of report.split(/\n\n(?=TS\d+ \[ERROR\])/)) {
    const start = part.indexOf("TS");
    const place = /\n {4}at file:\S*\/(\w+\.ts):(\d+):(\d+)/.exec(part);
    if (!/TS\d+ \[ERROR\]/.test(part) || place === null) continue;
    const [, file, line, column] = place;
    const snippet = Number(line) - 1 - first;
    const code = lines[snippet];
    if (file !== "snippets.ts" || code === undefined) {
      // Related information, such as where an overload is declared, belongs to the error before it.
      if (/^TS(2771|2793) /.test(part)) continue;
      throw new Error(`The snippets cannot be compiled:\n${part}`);
    }
    errors.push({
      snippet,
      at: code.slice(Number(column) - 1, -" };".length),
      message: part.slice(start).replace(/^.*export const s\d+ = .*\n[ ~^]*$/gm, ""),
    });
  }
  return errors;
}
