/** Writes the declarations of the entries and of all modules that they need. */
import ts from "typescript";
import { ROOT } from "./root.ts";

/** What {@linkcode declarations} returns. */
export interface Declarations {
  /** The files, by their paths. */
  readonly files: ReadonlyMap<string, string>;
  /** The packages and `node:` modules that the files import. */
  readonly imports: readonly string[];
}

/** All that declarations need of the standard library, as no type is inferred. */
const LIB = `interface SymbolConstructor {
  readonly asyncDispose: unique symbol;
  readonly asyncIterator: unique symbol;
  readonly dispose: unique symbol;
  readonly iterator: unique symbol;
}
declare var Symbol: SymbolConstructor;`;

const OPTIONS: ts.CompilerOptions = {
  allowImportingTsExtensions: true,
  declaration: true,
  emitDeclarationOnly: true,
  isolatedDeclarations: true,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  noCheck: true,
  strict: true,
  target: ts.ScriptTarget.ESNext,
  types: [],
};

/**
 * Returns the declarations of modules, and of the modules that these import. JSR wants all public
 * types to be written in the sources, so none is inferred, and no package is needed.
 *
 * @throws {TypeError} If a public type is not written in the sources.
 */
export function declarations(entries: readonly string[]): Declarations {
  const program = ts.createProgram(entries.map((path) => `/${path}`), OPTIONS, host());
  const files = new Map<string, string>();
  const imports = new Set<string>();
  const pending = [...entries];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const file = path.replace(/\.ts$/, ".d.ts");
    if (files.has(file)) continue;
    const text = declare(program, path);
    for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
      if (!fileName.startsWith(".")) imports.add(fileName);
      else pending.push(new URL(fileName, `file:///${path}`).pathname.slice(1));
    }
    // TypeScript finds `x.d.ts` for an import of `x.js`, with every kind of module resolution.
    files.set(file, text.replace(/((?:from |import\()"\.[^"]+)\.ts"/g, '$1.js"'));
  }
  return { files, imports: [...imports].sort() };
}

function declare(program: ts.Program, path: string): string {
  const source = program.getSourceFile(`/${path}`);
  let text = "";
  const { diagnostics } = program.emit(source, (_, emitted) => text = emitted);
  const [problem] = diagnostics;
  if (problem !== undefined) {
    const { line } = problem.file!.getLineAndCharacterOfPosition(problem.start!);
    const message = ts.flattenDiagnosticMessageText(problem.messageText, "\n");
    throw new TypeError(`Cannot declare the types of ${path}:${line + 1}: ${message}`);
  }
  // Imports for their side effects declare nothing.
  text = text.replace(/^import "[^"]+";\n/gm, "");
  const isDisposable = /\b(?:Async)?Disposable\b|\bSymbol\.(?:asyncDispose|dispose)\b/.test(text);
  return isDisposable ? `/// <reference lib="esnext.disposable" />\n${text}` : text;
}

/** Reads the sources of the project only. */
function host(): ts.CompilerHost {
  const read = (path: string): string | undefined => {
    if (path === "/lib.d.ts") return LIB;
    try {
      return Deno.readTextFileSync(new URL(`.${path}`, ROOT));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  };
  return {
    fileExists: (path) => /^\/(?:mod\.ts$|src\/.*\.ts$)/.test(path) && read(path) !== undefined,
    readFile: read,
    getSourceFile: (path, options) => {
      const text = read(path);
      return text === undefined ? undefined : ts.createSourceFile(path, text, options);
    },
    getDefaultLibFileName: () => "/lib.d.ts",
    getCurrentDirectory: () => "/",
    getCanonicalFileName: (path) => path,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    writeFile() {},
  };
}
