/** Finds the modules of the project and their imports. */

/** The root of the project. */
export const ROOT = new URL("../../", import.meta.url);

/** A module of the project. */
export interface Module {
  /** The path from the root of the project. */
  readonly path: string;
  /** The modules of the project that it imports, as paths; type imports included. */
  readonly imports: readonly string[];
  /** The packages that it imports, such as `npm:hono@4.13.19`. */
  readonly packages: readonly string[];
}

interface InfoModule {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly isDynamic?: boolean;
    readonly code?: { readonly specifier: string };
    readonly type?: { readonly specifier: string };
  }[];
}

/** Returns the paths of all TypeScript files below a folder, sorted. */
export function filesIn(folder: string): string[] {
  const files: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(new URL(`${folder}/`, ROOT))) {
    const path = `${folder}/${name}`;
    // This folder has its own import map.
    if (path === "bench/peers") continue;
    if (isDirectory) files.push(...filesIn(path));
    else if (/\.tsx?$/.test(name)) files.push(path);
  }
  return files.sort();
}

/** Returns `mod.ts` and all modules of `src`, `bench` and `examples`. */
export async function moduleGraph(): Promise<readonly Module[]> {
  const paths = ["mod.ts", ...["src", "bench", "examples"].flatMap(filesIn)];
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const imports = paths.map((path) => `import ${JSON.stringify(new URL(path, ROOT))};\n`);
    await Deno.writeTextFile(entry, imports.join(""));
    const { success, stdout, stderr } = await new Deno.Command("deno", {
      args: ["info", "--lock=dev.lock", "--json", entry],
      cwd: ROOT,
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const { modules } = JSON.parse(new TextDecoder().decode(stdout));
    const known = new Map(
      (modules as InfoModule[]).map((module) => [module.specifier, module] as const),
    );
    return paths.map((path) => moduleOf(path, known.get(new URL(path, ROOT).href)));
  } finally {
    await Deno.remove(entry);
  }
}

function moduleOf(path: string, module: InfoModule | undefined): Module {
  if (module === undefined) throw new Error(`deno info does not list ${path}`);
  const targets = (module.dependencies ?? [])
    // A dynamic import does not run when the module is loaded.
    .filter(({ isDynamic }) => isDynamic !== true)
    .flatMap(({ code, type }) => [code?.specifier, type?.specifier])
    .filter((target) => target !== undefined);
  return {
    path,
    imports: targets.filter((target) => target.startsWith(ROOT.href))
      .map((target) => target.slice(ROOT.href.length)),
    packages: targets.map((target) => target.replace("npm:/", "npm:"))
      .filter((target) => target.startsWith("npm:")),
  };
}

/** Returns the circles of a graph: its strongly connected components of more than one node. */
export function circlesIn(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles: string[][] = [];
  const indices = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  /** Tarjan's algorithm. Returns the lowest index that the node reaches. */
  const visit = (node: string): number => {
    const index = indices.size;
    let low = index;
    indices.set(node, index);
    stack.push(node);
    onStack.add(node);
    for (const next of graph.get(node) ?? []) {
      if (!indices.has(next)) low = Math.min(low, visit(next));
      else if (onStack.has(next)) low = Math.min(low, indices.get(next)!);
    }
    if (low === index) {
      const circle = stack.splice(stack.indexOf(node));
      for (const member of circle) onStack.delete(member);
      if (circle.length > 1) circles.push(circle.sort());
    }
    return low;
  };
  for (const node of graph.keys()) if (!indices.has(node)) visit(node);
  return circles;
}
