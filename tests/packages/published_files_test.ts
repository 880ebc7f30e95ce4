/** Checks the files of the published package, and that its pages work where they are shown. */
import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { outputOf, ROOT } from "./jsr/project.ts";

/** Returns the paths of the published files. */
function publishedFiles(): readonly string[] {
  const files: string[] = [];
  const collect = (path: string): void => {
    const url = new URL(path, ROOT);
    if (Deno.statSync(url).isFile) return void files.push(path);
    for (const { name } of Deno.readDirSync(url)) collect(`${path}/${name}`);
  };
  for (const path of config.publish.include) collect(path);
  return files;
}

/** Returns the paths of the files in the repository. */
async function repositoryFiles(): Promise<ReadonlySet<string>> {
  const files = await outputOf("git", ["ls-files"], { cwd: ROOT });
  return new Set(files.trim().split("\n"));
}

Deno.test("the package has the sources and the docs, and nothing else", () => {
  const files = publishedFiles();
  const folders = new Set(files.map((path) => path.includes("/") ? path.split("/")[0]! : path));
  assertEquals([...folders].sort(), [
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "deno.json",
    "docs",
    "mod.ts",
    "src",
    "tools",
  ]);
  // Publishing follows the links of deno.json, and fails without the mirrors of std.
  assertEquals(files.filter((path) => /^tools\/(?!std\/(async|text)\/)/.test(path)), []);
  assertEquals(files.filter((path) => /_test\.|^src\/.*\.(?!ts$)\w+$/.test(path)), []);
});

Deno.test("JSR can make its package for npm from the sources", async () => {
  for (const path of publishedFiles()) {
    if (!/\.[jt]sx?$/.test(path)) continue;
    // It leaves JSX as it is, and does not accept imports of texts and bytes.
    assert(!/\.[jt]sx$/.test(path), path);
    const text = await Deno.readTextFile(new URL(path, ROOT));
    const types = [...text.matchAll(/\bwith\s*\{\s*type:\s*"(\w+)"/g)].map(([, type]) => type);
    assertEquals(types.filter((type) => type !== "json"), [], path);
  }
});

// JSR lets relative links and pictures lead to the repository that the package is linked to, which
// publishing without a token requires. The package for npm has a README of its own.
Deno.test("relative links and pictures of the pages lead to files of the repository", async () => {
  const files = await repositoryFiles();
  const pages = publishedFiles().filter((path) => path.endsWith(".md"));
  assert(pages.includes("README.md") && pages.some((path) => path.startsWith("docs/")));
  const broken: string[] = [];
  for (const page of pages) {
    const text = (await Deno.readTextFile(new URL(page, ROOT))).replaceAll(/^```.*?^```/gms, "");
    const base = new URL(page, "file:///");
    const targets = [
      ...text.matchAll(/\]\(([^()\s]+)\)/g),
      ...text.matchAll(/\b(?:src|href)="([^"]+)"/g),
    ].map(([, target]) => target!);
    for (const target of targets) {
      const url = new URL(target, base);
      if (url.protocol !== "file:") continue;
      const path = url.pathname.slice(1);
      if (!files.has(path)) broken.push(`${page}: ${target}`);
      else if (url.hash !== "" && !(await anchorsOf(path)).has(url.hash)) {
        broken.push(`${page}: ${target} has no such heading`);
      }
    }
  }
  assertEquals(broken, []);
});

/** Returns the anchors of the headings of a page, as GitHub, JSR and npm make them. */
async function anchorsOf(path: string): Promise<Set<string>> {
  const text = await Deno.readTextFile(new URL(path, ROOT));
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(/\s/g, "-")
  );
  return new Set(headings.map((heading) => `#${heading}`));
}
