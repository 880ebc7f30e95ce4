/** Lets the agents of a file use the package's copy that runs the command. */
import * as module from "node:module";

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

const PACKAGE = /^@shoal\/agents(?:\/|$)/;

/**
 * Resolves imports of this package to the copy that runs the command, on Node from 22.15 on. With
 * `npx`, the folder of the agents may have no copy, or another one: agents of another copy would not
 * know the limits of the run.
 */
export function shareOwnCopy(): void {
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
