/** Lets the agents of a file use the package's copy that runs the command or the worker. */
import * as module from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The part of Node's hooks that is used here. */
interface ResolveContext {
  readonly parentURL?: string;
}

interface ModuleHooks {
  readonly registerHooks?: (hooks: {
    readonly resolve: (
      specifier: string,
      context: ResolveContext,
      next: (specifier: string, context: ResolveContext) => unknown,
    ) => unknown;
  }) => unknown;
}

/** The part of `Bun` that is used here. */
interface BunNamespace {
  plugin(options: {
    readonly name: string;
    readonly setup: (build: {
      module(
        specifier: string,
        load: () => { readonly exports: unknown; readonly loader: "object" },
      ): unknown;
    }) => void;
  }): unknown;
  resolveSync(specifier: string, folder: string): string;
}

const PACKAGE = /^@shoal\/agents(?:\/|$)/;

/** The entries of the package that files of agents import. */
const ENTRIES = ["", "/ai-sdk", "/hono", "/journal", "/openai", "/testing", "/workers"];

let isShared = false;

/** Whether {@linkcode shareOwnCopy} was called in this thread: then workers must call it, too. */
export function isOwnCopyShared(): boolean {
  return isShared;
}

/**
 * Resolves imports of this package to the copy that runs this, on Bun and on Node from 22.15 on.
 * With `npx`, the folder of the agents may have no copy, or another one. Agents of another copy
 * would not know the limits of the run.
 */
export function shareOwnCopy(): void {
  isShared = true;
  const { Bun: bun } = globalThis as { readonly Bun?: BunNamespace };
  if (bun !== undefined) return shareInBun(bun);
  (module as ModuleHooks).registerHooks?.({
    resolve(specifier, context, next) {
      if (PACKAGE.test(specifier)) {
        try {
          return next(specifier, { ...context, parentURL: import.meta.url });
        } catch {
          // This copy is not installed as a package, or has no such entry.
        }
      }
      return next(specifier, context);
    },
  });
}

/** Bun's plugins can replace a module by its name, but do not see how others are resolved. */
function shareInBun(bun: BunNamespace): void {
  const folder = dirname(fileURLToPath(import.meta.url));
  const require = module.createRequire(import.meta.url);
  bun.plugin({
    name: "shoal",
    setup(build) {
      for (const entry of ENTRIES) {
        const specifier = `@shoal/agents${entry}`;
        try {
          const path = bun.resolveSync(specifier, folder);
          // Synchronous, for agents in CommonJS.
          build.module(specifier, () => ({ exports: require(path), loader: "object" }));
        } catch {
          // This copy is not installed as a package, or has no such entry.
        }
      }
    },
  });
}
