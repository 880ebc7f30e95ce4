/**
 * Makes the packages for npm that JSR makes of published ones, by the rules of its registry: each
 * TypeScript module of the graph is transpiled by itself with Deno's emitter, which keeps `using`,
 * and its imports are rewritten. All other files are copied as they are.
 */
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { createProject, type Project } from "./project.ts";
import type { Registry } from "./registry.ts";

/** A package for npm. */
interface NpmPackage {
  /** The files by their paths, which begin with a slash. */
  readonly files: ReadonlyMap<string, Uint8Array | string>;
  /** The packages of npm that it depends on, with their ranges. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** The packages of JSR that it depends on, such as `@std/async`. */
  readonly jsrDependencies: readonly string[];
}

interface GraphModule {
  readonly kind?: string;
  readonly specifier: string;
  readonly mediaType?: string;
  readonly dependencies?: readonly {
    readonly specifier: string;
    readonly code?: { readonly specifier: string };
  }[];
}

/** Makes the package for npm of a published package, such as `@shoal/agents@0.1.0`. */
async function makeNpmPackage(registry: Registry, id: string): Promise<NpmPackage> {
  const { files, exports } = registry.published(id);
  await using project = await createProject(registry.url);
  for (const [path, content] of files) {
    const target = `${project.path}/source${path}`;
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.writeFile(target, content);
  }
  const entries = Object.values(exports);
  await project.write("deno.json", '{ "imports": {} }');
  const root = pathToFileURL(`${project.path}/source/`).href;
  const graph = await moduleGraph(project, entries);
  const own = graph.filter(({ specifier }) => specifier.startsWith(root));
  const pathOf = (specifier: string): string => `/${specifier.slice(root.length)}`;
  const typescript = new Set(
    own.filter(({ mediaType }) => mediaType === "TypeScript").map(({ specifier }) => specifier),
  );
  const sources = [...typescript].map((specifier) => `source${pathOf(specifier)}`);
  await project.output(["transpile", "--no-check", "--outdir", "emitted", ...sources]);

  const result = new Map<string, Uint8Array | string>(files);
  const dependencies: Record<string, string> = {};
  const jsrDependencies = new Set<string>();
  for (const { kind, specifier, dependencies: imports = [] } of own) {
    // What is no module, such as JSON, is not rewritten.
    if (kind !== "esm" || !/\.[jt]s$/.test(specifier) || specifier.endsWith(".d.ts")) continue;
    const rewrites = new Map<string, string>();
    for (const { specifier: text, code } of imports) {
      const name = text.match(/^(npm|jsr):\/?(@[^/]+\/[^/@]+|[^/@]+)(?:@([^/]+))?(\/.+)?$/);
      if (name !== null) {
        const [, scheme, found, range = "*", subpath = ""] = name;
        if (scheme === "npm") dependencies[found!] = range;
        else jsrDependencies.add(found!);
        rewrites.set(text, (scheme === "npm" ? found! : npmNameOf(found!)) + subpath);
      } else if (code !== undefined && typescript.has(code.specifier)) {
        rewrites.set(text, text.replace(/\.ts$/, ".js"));
      }
    }
    const path = pathOf(specifier);
    const isTypeScript = typescript.has(specifier);
    const target = isTypeScript ? path.replace(/\.ts$/, ".js") : path;
    const code = await project.read(isTypeScript ? `emitted/source${target}` : `source${path}`);
    result.set(target, rewriteImports(code, rewrites));
  }
  const npmExports = Object.fromEntries(
    Object.entries(exports).map(([key, path]) => [
      key,
      typescript.has(new URL(path, root).href) ? path.replace(/\.ts$/, ".js") : path,
    ]),
  );
  const [, name] = id.match(/^(@.+)@/)!;
  const manifest = {
    name: npmNameOf(name!),
    version: "0.0.0",
    type: "module",
    exports: npmExports,
  };
  result.set("/package.json", JSON.stringify(manifest));
  return { files: result, dependencies, jsrDependencies: [...jsrDependencies].sort() };
}

/**
 * Installs a package into a project as `npx jsr add` does, with what it depends on.
 *
 * @param others Packages of npm that the project uses itself, such as `zod@^4`.
 */
export async function installWithNpm(
  registry: Registry,
  id: string,
  project: Project,
  others: readonly string[],
): Promise<void> {
  const [, name] = id.match(/^(@.+)@/)!;
  const main = await makeNpmPackage(registry, id);
  const packages = new Map([[name!, main]]);
  for (const dependency of main.jsrDependencies) {
    const made = await makeNpmPackage(registry, registry.latest(dependency));
    packages.set(npmNameOf(dependency), made);
  }
  const dependencies = Object.assign({}, ...[...packages.values()].map((one) => one.dependencies));
  await project.write("package.json", JSON.stringify({ type: "module", dependencies }));
  const flags = ["--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts"];
  await project.run("npm", ["install", ...flags, ...others]);
  for (const [path, made] of packages) {
    await writePackage(made, `${project.path}/node_modules/${path}`);
  }
}

/** Writes the files of a package into a folder. */
async function writePackage({ files }: NpmPackage, folder: string): Promise<void> {
  for (const [path, content] of files) {
    await Deno.mkdir(dirname(folder + path), { recursive: true });
    if (typeof content === "string") await Deno.writeTextFile(folder + path, content);
    else await Deno.writeFile(folder + path, content);
  }
}

/** Returns the name of a package of JSR on its server for npm. */
function npmNameOf(name: string): string {
  return `@jsr/${name.slice(1).replace("/", "__")}`;
}

async function moduleGraph(
  project: Project,
  entries: readonly string[],
): Promise<readonly GraphModule[]> {
  const imports = entries.map((path) => `import ${JSON.stringify(`./source/${path.slice(2)}`)};\n`);
  await project.write("all_entries.ts", imports.join(""));
  return JSON.parse(await project.output(["info", "--json", "all_entries.ts"])).modules;
}

function rewriteImports(code: string, rewrites: ReadonlyMap<string, string>): string {
  return code.replace(
    /(\bfrom\s*|\bimport\s*\(?\s*)"([^"\n]+)"/g,
    (whole, before, specifier) =>
      rewrites.has(specifier) ? `${before}"${rewrites.get(specifier)}"` : whole,
  );
}
