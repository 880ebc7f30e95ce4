/** Bundles the entries of the package as JavaScript for Node 22. */
import * as esbuild from "esbuild-wasm/esm/browser.js";
import type { Metafile, Plugin } from "esbuild-wasm";
// @ts-types="./esbuild_wasm.d.ts"
import wasm from "./esbuild_wasm.js";
import { ROOT } from "./root.ts";

/** What {@linkcode bundle} returns. */
export interface Bundle {
  /** The files, by their names. */
  readonly files: ReadonlyMap<string, string>;
  /** The packages and `node:` modules that the files import. */
  readonly imports: readonly string[];
  /** The names of the files that have code of these sources. */
  filesWith(sources: readonly string[]): readonly string[];
}

const STD = /^(?:npm:)?deno-std@/;
const decoder = new TextDecoder();

/**
 * Bundles modules into files next to each other, which share chunks. Packages stay imports, except
 * for the mirrors of std, which npm does not have.
 *
 * `deno bundle` cannot lower `using`, which Node 22 does not know: therefore esbuild, which builds
 * the same files on every machine.
 *
 * @param entries The sources by the names of their files.
 */
export async function bundle(entries: Readonly<Record<string, string>>): Promise<Bundle> {
  await esbuild.initialize({ wasmModule: wasm, worker: false });
  const { outputFiles, metafile } = await esbuild.build({
    entryPoints: Object.entries(entries).map(([out, path]) => ({ in: `/${path}`, out })),
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "node",
    target: "node22",
    charset: "utf8",
    outdir: "/dist",
    plugins: [SOURCES],
  });
  const files = new Map(
    outputFiles!.map((
      { path, contents },
    ) => [path.slice("/dist/".length), decoder.decode(contents)]),
  );
  return {
    files,
    imports: externalImports(metafile!),
    filesWith: (sources) =>
      Object.entries(metafile!.outputs)
        .filter(([, { inputs, entryPoint }]) =>
          sources.some((source) => source in inputs || source === entryPoint)
        )
        .map(([path]) => path.slice("dist/".length)),
  };
}

function externalImports({ outputs }: Metafile): readonly string[] {
  const imports = Object.values(outputs).flatMap((output) => output.imports)
    .filter(({ external }) => external).map(({ path }) => path);
  return [...new Set(imports)].sort();
}

/** Finds and reads the modules, as this esbuild has no file system. */
const SOURCES: Plugin = {
  name: "sources",
  setup(build) {
    build.onResolve({ filter: /^\/|^\.\.?\// }, ({ path, importer, namespace, kind }) => ({
      path: kind === "entry-point" ? path : new URL(path, `file://${importer}`).pathname,
      namespace: kind === "entry-point" ? "file" : namespace,
    }));
    build.onResolve({ filter: STD }, ({ path }) => ({
      path: `/${path.replace("npm:", "")}`,
      namespace: "npm",
    }));
    build.onResolve({ filter: /^@std\// }, ({ path }) => ({
      path: import.meta.resolve(path).slice(ROOT.href.length - 1),
    }));
    build.onResolve({ filter: /^[^./]/ }, ({ path }) => ({ path, external: true }));

    build.onLoad({ filter: /./, namespace: "npm" }, async ({ path }) => {
      const { default: text } = await import(`npm:${path}`, { with: { type: "text" } });
      return { contents: `//! Deno's standard library, MIT license\n${text}`, loader: "js" };
    });
    build.onLoad({ filter: /./ }, async ({ path }) => ({
      contents: await Deno.readTextFile(new URL(`.${path}`, ROOT)),
      loader: "ts",
    }));
  },
};
