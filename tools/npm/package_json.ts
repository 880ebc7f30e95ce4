/** Writes the package.json of the package. */

/** The parts of deno.json that matter here. */
export interface DenoConfig {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
}

/** What the built files are and need. */
export interface PackageContents {
  /** The name of the built file of an entry of deno.json. */
  readonly built: (entry: string) => string;
  /** The packages and `node:` modules that the files import. */
  readonly imports: readonly string[];
  /** The repository on GitHub, which npm compares with the one that publishes, if it is known. */
  readonly repository: string | undefined;
  /** The files that do something when they are imported. */
  readonly sideEffects: readonly string[];
}

const KEYWORDS = ["agents", "llm", "openai", "batch", "concurrency", "rate-limit", "cli"];

/** Packages that one entry needs only together with models that its users install. */
const OPTIONAL_PEERS = ["@ai-sdk/provider"];

/** Returns the package.json. */
export function packageJson(config: DenoConfig, contents: PackageContents): unknown {
  const { name, version, description, license, exports } = config;
  const packages = packagesOf(contents.imports, config);
  const peers = packages.filter(([name]) => OPTIONAL_PEERS.includes(name));
  return {
    name,
    version,
    description,
    keywords: KEYWORDS,
    license,
    ...contents.repository !== undefined && {
      repository: { type: "git", url: `git+https://github.com/${contents.repository}.git` },
      homepage: `https://github.com/${contents.repository}#readme`,
      bugs: `https://github.com/${contents.repository}/issues`,
    },
    type: "module",
    engines: { node: ">=22" },
    sideEffects: contents.sideEffects,
    bin: { shoal: "bin/shoal.js" },
    exports: {
      ...Object.fromEntries(
        Object.entries(exports).map(([entry, source]) => [entry, {
          types: `./types/${source.slice(2).replace(/\.ts$/, ".d.ts")}`,
          default: `./dist/${contents.built(entry)}.js`,
        }]),
      ),
      "./package.json": "./package.json",
    },
    files: ["bin", "dist", "types", "CHANGELOG.md"],
    dependencies: Object.fromEntries(
      packages.filter(([name]) => !OPTIONAL_PEERS.includes(name)),
    ),
    ...peers.length > 0 && {
      peerDependencies: Object.fromEntries(peers),
      peerDependenciesMeta: Object.fromEntries(peers.map(([name]) => [name, { optional: true }])),
    },
  };
}

/** Returns the imported packages with their versions in deno.json. */
function packagesOf(
  imports: readonly string[],
  config: DenoConfig,
): readonly (readonly [name: string, version: string])[] {
  const names = imports.filter((path) => !path.startsWith("node:"))
    .map((path) => path.split("/").slice(0, path.startsWith("@") ? 2 : 1).join("/"));
  return [...new Set(names)].sort().map((name) => {
    const version = config.imports[name]?.match(/^npm:.+@(.+)$/)?.[1];
    if (version === undefined) throw new Error(`deno.json has no version of ${name} from npm`);
    return [name, version];
  });
}
