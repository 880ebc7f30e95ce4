/** The code that users read: code blocks of the docs, and the examples. */
import { ROOT } from "./package.ts";

/** Code with its name. */
export interface Code {
  readonly name: string;
  readonly source: string;
}

/** Returns the README and the guides. Tests of their own run the recipes. */
function documents(): readonly string[] {
  const guides = [...Deno.readDirSync(`${ROOT}docs`)].map(({ name }) => `docs/${name}`);
  return ["README.md", ...guides.filter((path) => path.endsWith(".md")).sort()];
}

/** Returns the code blocks of the docs, except those for contributors. */
export async function codeBlocks(): Promise<readonly Code[]> {
  const blocks: Code[] = [];
  for (const file of documents()) {
    const text = await Deno.readTextFile(`${ROOT}${file}`);
    for (const match of text.matchAll(/^```ts\n(.*?)^```/gms)) {
      if (match[1]!.includes(' from "../')) continue;
      const line = text.slice(0, match.index).split("\n").length;
      blocks.push({ name: `${file}:${line}`, source: match[1]! });
    }
  }
  return blocks;
}

/** Returns the files of the examples: also the modules that they import, and their data. */
export async function exampleFiles(folder = "examples"): Promise<readonly Code[]> {
  const files: Code[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${ROOT}${folder}`)) {
    const path = `${folder}/${name}`;
    if (path === "examples/deploy") continue; // it is for Deno Deploy
    if (isDirectory) files.push(...await exampleFiles(path));
    else files.push({ name: path, source: await Deno.readTextFile(`${ROOT}${path}`) });
  }
  return files;
}

/** Whether code serves with Deno.serve, and so needs Deno. */
export function needsDeno({ source }: Code): boolean {
  return source.includes("Deno.serve(");
}

/** Whether code exports a server, which Bun starts and does not end. */
export function exportsServer({ source }: Code): boolean {
  return /^export default /m.test(source);
}
