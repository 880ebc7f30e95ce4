/**
 * Writes `deno.lock`, which has those packages of `dev.lock` that the library and nearly every test
 * need: `deno task lock`.
 *
 * `deno task` downloads all packages in `imports` and in `deno.lock` before it runs any task. So
 * packages that only tests, tools and benches import are in `scopes` of `deno.json`, and only
 * `dev.lock` has them. Otherwise a newcomer's first `deno task demo` would download browsers and
 * compilers.
 */
import config from "../deno.json" with { type: "json" };

/** Packages of nearly every test, so that single tests run without `--lock=dev.lock`. */
const OF_EVERY_TEST = ["fast-check", "@sinonjs/fake-timers"];

/** Packages that the mirrors of std import by their full specifiers. */
const OF_MIRRORS = ["npm:deno-std@"];

/** The parts of a lock file that matter here. */
export interface LockFile {
  /** The versions by specifier: `npm:zod@^4.6.7` has `4.6.7`. */
  readonly specifiers: Readonly<Record<string, string>>;
  /** The packages by name and version, such as `zod@4.6.7`. */
  readonly npm: Readonly<Record<string, LockedPackage>>;
}

/** A package in a lock file. */
export interface LockedPackage {
  /** Names, with their versions if the lock file has several. */
  readonly dependencies?: readonly string[];
  readonly optionalDependencies?: readonly string[];
}

/** Returns the lock file with only the packages that these names need. */
export function pruneLock<T extends LockFile>(lock: T, names: readonly string[]): T {
  const specifiers = Object.entries(lock.specifiers).filter(([specifier]) =>
    OF_MIRRORS.some((mirror) => specifier.startsWith(mirror)) ||
    names.includes(nameOf(specifier.replace(/^npm:/, "")))
  );
  const keys = Object.keys(lock.npm);
  const needed = new Set<string>();
  const add = (dependency: string): void => {
    const key = lock.npm[dependency] !== undefined
      ? dependency
      : keys.find((key) => nameOf(key) === dependency);
    if (key === undefined || needed.has(key)) return;
    needed.add(key);
    const { dependencies = [], optionalDependencies = [] } = lock.npm[key]!;
    [...dependencies, ...optionalDependencies].forEach(add);
  };
  for (const [specifier, version] of specifiers) {
    add(`${nameOf(specifier.replace(/^npm:/, ""))}@${version}`);
  }
  return {
    ...lock,
    specifiers: Object.fromEntries(specifiers),
    npm: Object.fromEntries(Object.entries(lock.npm).filter(([key]) => needed.has(key))),
  };
}

/** Returns the names of the packages that `deno.lock` has, besides those that these depend on. */
export function lockedNames(): readonly string[] {
  const library = Object.values(config.imports)
    .filter((target) => target.startsWith("npm:"))
    .map((target) => nameOf(target.slice("npm:".length)));
  return [...library, ...OF_EVERY_TEST];
}

/** Returns the name of a package with a version: `@hono/node-server` of `@hono/node-server@^2`. */
function nameOf(pkg: string): string {
  const end = pkg.indexOf("@", 1);
  return end < 0 ? pkg : pkg.slice(0, end);
}

if (import.meta.main) {
  const complete = JSON.parse(await Deno.readTextFile(new URL("../dev.lock", import.meta.url)));
  const pruned = pruneLock(complete, lockedNames());
  const text = `${JSON.stringify(pruned, null, 2)}\n`;
  await Deno.writeTextFile(new URL("../deno.lock", import.meta.url), text);
}
