/** Writes the declarations of the entries and of all modules that they need. */
import ts from "typescript";
import { ROOT } from "./root.ts";

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ESNext,
  strict: true,
  isolatedDeclarations: true,
};

/** What {@linkcode declarations} returns. */
export interface Declarations {
  /** The files, by their paths. */
  readonly files: ReadonlyMap<string, string>;
  /** The packages and `node:` modules that the files import. */
  readonly imports: readonly string[];
}

/**
 * Returns the declarations of modules, and of the modules that these import. JSR wants all public
 * types to be written in the sources, so each module is converted alone, without checking types.
 *
 * @throws {TypeError} If a public type is not written in the sources.
 */
export async function declarations(entries: readonly string[]): Promise<Declarations> {
  const files = new Map<string, string>();
  const imports = new Set<string>();
  const pending = [...entries];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const file = path.replace(/\.ts$/, ".d.ts");
    if (files.has(file)) continue;
    const text = declare(path, await Deno.readTextFile(new URL(path, ROOT)));
    for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
      if (!fileName.startsWith(".")) imports.add(fileName);
      else pending.push(new URL(fileName, new URL(path, ROOT)).href.slice(ROOT.href.length));
    }
    // TypeScript finds `x.d.ts` for an import of `x.js`, with every kind of module resolution.
    files.set(file, text.replace(/((?:from |import\()"\.[^"]+)\.ts"/g, '$1.js"'));
  }
  return { files, imports: [...imports].sort() };
}

function declare(path: string, source: string): string {
  const { outputText, diagnostics } = ts.transpileDeclaration(source, {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: OPTIONS,
  });
  const [problem] = diagnostics ?? [];
  if (problem !== undefined) {
    const { line } = problem.file!.getLineAndCharacterOfPosition(problem.start!);
    const message = ts.flattenDiagnosticMessageText(problem.messageText, "\n");
    throw new TypeError(`Cannot declare the types of ${path}:${line + 1}: ${message}`);
  }
  // Imports for their side effects declare nothing.
  const text = outputText.replace(/^import "[^"]+";\n/gm, "");
  const isDisposable = /\b(?:Async)?Disposable\b|\bSymbol\.(?:asyncDispose|dispose)\b/.test(text);
  return isDisposable ? `/// <reference lib="esnext.disposable" />\n${text}` : text;
}
