/** Finds what the user's own code threw: prompt functions, tools, hooks, schemas and the like. */
import { ProviderError, RunError } from "./errors.ts";
import { AgentError, type Result } from "./result.ts";

/** The maximum number of causes that are followed: a chain of causes may be a cycle. */
const MAX_CAUSES = 100;

/**
 * Returns what the user's own code threw, if that caused the error of a call; `undefined` if
 * something else did. A value that is not an error is returned as it was thrown.
 */
export function thrownByOwnCode(error: AgentError): { readonly thrown: unknown } | undefined {
  let last = error;
  let cause: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES; depth++) {
    if (cause instanceof AgentError) last = cause;
    else if (!(cause instanceof RunError)) break;
    cause = cause.cause;
  }
  if (cause === undefined || cause instanceof ProviderError) return undefined;
  // A provider that throws anything else than a `ProviderError` is the user's own, or has a bug.
  return last.code === "tool" || last.code === "provider" ? { thrown: cause } : undefined;
}

/**
 * Returns an error for each failure of the user's own code within a call, with what was thrown as
 * its cause: also for failures that the call has survived, such as those of tools, which are
 * reported to the model, and of optional branches.
 */
export function ownCodeErrors(result: Result): readonly AgentError[] {
  const found = new Map<unknown, AgentError>();
  collectErrors(result, found);
  return [...found.values()];
}

function collectErrors(result: Result, found: Map<unknown, AgentError>): void {
  const { error } = result;
  const own = error && thrownByOwnCode(error);
  if (own !== undefined && !found.has(own.thrown)) found.set(own.thrown, error!);
  collectToolErrors(result, found);
  for (const branch of Object.values(result.branches ?? {})) collectErrors(branch, found);
}

function collectToolErrors(result: Result, found: Map<unknown, AgentError>): void {
  const { agent, model, toolCalls, children } = result;
  for (const { name, error } of toolCalls) {
    if (error?.code !== "threw") continue;
    const cause = error.cause ?? error;
    if (found.has(cause)) continue;
    const message = `The tool "${name}" of "${agent}" threw: ${error.message}`;
    found.set(cause, new AgentError(message, { code: "tool", agent, model, cause: error.cause }));
  }
  for (const child of children) collectToolErrors(child, found);
}

/** A place in a file. */
export interface CodeFrame {
  /** The path or the URL of the file, as the runtime writes it. */
  readonly file: string;
  /** The line, from 1. */
  readonly line: number;
  /** The column, from 1. */
  readonly column: number;
}

/** A line of a stack: `at name (file:1:2)` or `at file:1:2`. */
const FRAME = /^\s*at (?:async )?(?:[^(]* \()?(.+?):(\d+):(\d+)\)?$/;

/** Frames of runtimes and of packages: their users cannot change that code. */
const FOREIGN = new RegExp([
  "^(?:node|ext|bun|data|blob|internal|native)\\b",
  "^<",
  "/node_modules/",
  "/registry\\.npmjs\\.org/",
  "^https://jsr\\.io/",
].join("|"));

/** The file that this module is, in the package and in the bundle for npm. */
const THIS_FILE = /^(.*\/)(?:src\/model\/own_code\.ts|(?<=\/npm\/dist\/)[^/]+)$/;

/** The folder of this package, as it is written in stacks; `""` if it is not known. */
let ownFolder: string | undefined;

/** Finds the folder by a stack, as runtimes may map its paths. */
function findOwnFolder(): string {
  for (const text of (new Error().stack ?? "").split("\n")) {
    const path = FRAME.exec(text)?.[1];
    if (path !== undefined) return THIS_FILE.exec(path.replaceAll("\\", "/"))?.[1] ?? "";
  }
  return "";
}

/**
 * Returns the innermost place in the user's own code; `undefined` if the error has none. Runtimes
 * map the places in TypeScript.
 */
export function codeFrame(error: unknown): CodeFrame | undefined {
  const { stack } = (error instanceof Error ? error : {}) as { stack?: unknown };
  if (typeof stack !== "string") return undefined;
  for (const text of stack.split("\n")) {
    const [, path, line, column] = FRAME.exec(text) ?? [];
    if (path === undefined) continue;
    const file = path.replaceAll("\\", "/");
    if (FOREIGN.test(file) || isOwn(file)) continue;
    return { file: path, line: Number(line), column: Number(column) };
  }
  return undefined;
}

function isOwn(file: string): boolean {
  ownFolder ??= findOwnFolder();
  return ownFolder !== "" && file.startsWith(ownFolder) &&
    /^(?:src\/|mod\.ts$|[^/]+\.js$)/.test(file.slice(ownFolder.length));
}
