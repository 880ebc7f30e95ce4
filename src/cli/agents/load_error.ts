import { CliError, errorMessage, hasCode } from "../cli_error.ts";
import { codePlace, showPath } from "../messages/code_place.ts";
import { runtimeName, runtimeOf, runtimeVersion, type Versions } from "../runtime.ts";

/** The first version of Node that runs TypeScript without a flag. */
const NODE_WITH_TYPESCRIPT = "22.18";

/**
 * Throws if this runtime cannot import a URL with this scheme.
 *
 * @throws {CliError} If it cannot.
 */
export function checkScheme(file: string, url: string, versions?: Versions): void {
  const scheme = /^(?:https?|npm|jsr):/i.exec(url)?.[0];
  if (scheme === undefined || runtimeOf(versions) === "deno") return;
  throw new CliError(
    `Cannot load the agents of ${file} as ${
      runtimeName(versions)
    } does not import "${scheme}" URLs: ` +
      "install the package, and name a file that exports its agents",
  );
}

/** Returns the error for a module that could not be loaded: what happened, and what helps. */
export function toLoadError(file: string, cause: unknown, versions?: Versions): CliError {
  const hint = loadHint(file, cause, versions);
  const reason = hint ?? nameWithoutMessage(cause) + errorMessage(cause) + placeOf(cause);
  const text = `Cannot load the agents of ${file}: ${reason}`;
  return new CliError(text, { cause });
}

/** Returns the kind of an error that has no message. */
function nameWithoutMessage(cause: unknown): string {
  return cause instanceof Error && cause.message === "" ? cause.name : "";
}

/** Returns where the module threw, unless the message says so. */
function placeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return "";
  const place = codePlace(cause);
  return /:\d+:\d+/.test(cause.message) ? "" : place || syntaxPlace(cause);
}

/** Returns the place of a syntax error, which Node and Bun write before the stack. */
function syntaxPlace({ stack = "", message }: Error): string {
  const before = stack.slice(0, Math.max(0, stack.indexOf(message)));
  const [, file, line] = /^(file:\/\/\S+|\/\S+|[A-Za-z]:\\\S+):(\d+)\n/.exec(before) ?? [];
  return file === undefined ? "" : ` (${showPath(file)}:${line})`;
}

function loadHint(file: string, cause: unknown, versions?: Versions): string | undefined {
  const extension = /\.[cm]?[jt]sx?$/i.exec(file)?.[0] ?? "";
  const runtime = `${runtimeName(versions)} ${runtimeVersion(versions)}`;
  if (hasCode(cause, "ERR_UNKNOWN_FILE_EXTENSION") && /ts$/i.test(extension)) {
    return `${runtime} does not run TypeScript: use Node ${NODE_WITH_TYPESCRIPT} or later, ` +
      "Deno or Bun, or compile the file to .mjs";
  }
  if (hasCode(cause, "ERR_UNKNOWN_FILE_EXTENSION")) {
    return `${runtime} does not run ${extension || "such"} files: name a .ts, .js or .mjs file`;
  }
  if (hasCode(cause, "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX")) {
    return `${
      sentence(cause)
    }. Node removes only types from TypeScript: write enums as objects, and ` +
      "leave out namespaces and parameter properties";
  }
  if (hasCode(cause, "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING")) {
    return "Node does not run TypeScript below node_modules: name a file outside of it";
  }
  if (isModuleSyntaxError(cause)) {
    return `${errorMessage(cause)}. Node reads it as CommonJS: name it .mjs, or add ` +
      '"type": "module" to its package.json';
  }
  if (hasCode(cause, "ERR_MODULE_NOT_FOUND") && /@shoal\/agents/.test(errorMessage(cause))) {
    return "it imports @shoal/agents, which is not installed there: npm install @shoal/agents";
  }
  return undefined;
}

/** Whether a module with `import` or `export` was read as CommonJS. */
function isModuleSyntaxError(cause: unknown): boolean {
  return cause instanceof SyntaxError &&
    /import statement outside a module|Unexpected token 'export'/.test(cause.message);
}

/** Returns the first line of the message that has words: others show the source. */
function sentence(cause: unknown): string {
  const lines = errorMessage(cause).split("\n").map((line) => line.trim());
  return lines.findLast((line) => /^\w.* /.test(line)) ?? lines[0]!;
}
