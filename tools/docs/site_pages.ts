/** The pages of the site: guides, the API, and the files of the project that they link to. */
import { type Api, readApi } from "./api.ts";
import { apiPages } from "./api_pages.ts";
import type { Page } from "./page.ts";
import { GUIDES } from "./guides.ts";
import { firstParagraph, linkBetween } from "./markdown.ts";
import { REF, REPOSITORY, ROOT } from "./project.ts";

/** Files of the project with a page in the sidebar. */
export const PROJECT_PAGES = ["CHANGELOG.md", "CONTRIBUTING.md"] as const;

/** A page, or another file of the site such as a picture. */
export type SiteFile = Page | { readonly path: string; readonly bytes: Uint8Array };

/**
 * Returns the files from which the site is built. Links that leave `docs/` lead to the repository
 * if its address is known. Otherwise the site has pages with the files that they link to.
 */
export async function siteFiles(): Promise<{ readonly files: SiteFile[]; readonly api: Api }> {
  const api = await readApi();
  const made = new Map<string, SiteFile>();
  const queue: string[] = [
    ...GUIDES.flatMap(({ guides }) => guides.map((guide) => `docs/${guide}.md`)),
    ...PROJECT_PAGES,
  ];
  const add = (path: string, text: string, source: string) => {
    const linked = replaceTargets(text, (target) => {
      const found = resolveTarget(target, source);
      if (found === undefined) return target;
      if (found.needs !== undefined) queue.push(found.needs);
      return found.link.startsWith("/") ? linkBetween(path, found.link.slice(1)) : found.link;
    });
    made.set(path, { path, text: withFrontmatter(path, linked) });
  };
  for (const { path, text } of apiPages(api)) add(path, text, `docs/${path}`);
  for (let source = queue.shift(); source !== undefined; source = queue.shift()) {
    const path = sitePath(source);
    if (made.has(path)) continue;
    if (/\.(?:svg|png|jpe?g|gif|webp)$/.test(source)) {
      made.set(path, { path, bytes: await Deno.readFile(new URL(source, ROOT)) });
    } else add(path, await pageText(source), source);
  }
  return { files: [...made.values()], api };
}

async function pageText(source: string): Promise<string> {
  const url = new URL(source, ROOT);
  if ((await Deno.stat(url)).isDirectory) {
    const names = [...Deno.readDirSync(url)].map(({ name }) => name).toSorted();
    return `# ${source}\n\n${names.map((name) => `- \`${name}\``).join("\n")}\n`;
  }
  const text = await Deno.readTextFile(url);
  if (source.endsWith(".md")) return text;
  const ending = /\.(\w+)$/.exec(source)?.[1] ?? "txt";
  const fence = "`".repeat(Math.max(3, ...(text.match(/`+/g) ?? []).map((s) => s.length + 1)));
  return `# ${source}\n\n${fence}${LANGUAGES[ending] ?? ending}\n${text.trimEnd()}\n${fence}\n`;
}

const LANGUAGES: Readonly<Record<string, string>> = { LICENSE: "txt", jsonl: "json" };

/** Returns the path on the site of a file of the project. */
function sitePath(source: string): string {
  if (source.startsWith("docs/")) return source.slice("docs/".length);
  if (source === "README.md") return "readme.md";
  if (/\.(?:md|svg|png|jpe?g|gif|webp)$/.test(source)) return source.toLowerCase();
  return `source/${source.replace(/\/$/, "")}.md`;
}

/** Returns the link on the site for one on a page of the project, and the file that it needs. */
function resolveTarget(
  target: string,
  source: string,
): { readonly link: string; readonly needs?: string } | undefined {
  if (/^(?:[a-z]+:|#)/.test(target)) return undefined;
  // Pages of the API have links from the root of the site, and to sources from above it.
  if (/^\/(?!\.\.\/)/.test(target)) return { link: target };
  const [path, anchor] = target.split("#");
  const needs = target.startsWith("/../")
    ? path!.slice("/../".length)
    : new URL(path!, `file:///${source}`).pathname.slice(1);
  const isPage = needs.startsWith("docs/") || (PROJECT_PAGES as readonly string[]).includes(needs);
  if (REPOSITORY !== undefined && !isPage && !/\.(?:svg|png|jpe?g|gif|webp)$/.test(needs)) {
    const kind = needs.endsWith("/") ? "tree" : "blob";
    return { link: withAnchor(`https://github.com/${REPOSITORY}/${kind}/${REF}/${needs}`, anchor) };
  }
  return { link: withAnchor(`/${sitePath(needs)}`, anchor), needs };
}

function withAnchor(link: string, anchor: string | undefined): string {
  return anchor === undefined ? link : `${link}#${anchor}`;
}

/** Replaces the targets of links and pictures, outside of code. */
function replaceTargets(text: string, replace: (target: string) => string): string {
  return text.split(/(^ *(`{3,})[\s\S]*?^ *\2 *$|``[^`].*?``|`[^`\n]+`)/m).map(
    (part, i) => {
      if (part === undefined || i % 3 === 2) return "";
      if (i % 3 === 1) return part;
      return part
        .replaceAll(/(\]\()([^()\s]+)(?=[\s)])/g, (_, before, target) => before + replace(target))
        .replaceAll(/(^\[[^\]]+\]: +)(\S+)/gm, (_, before, target) => before + replace(target))
        .replaceAll(/(\b(?:src|href|srcset)=")([^"]+)/g, (_, before, t) => before + replace(t));
    },
  ).join("");
}

/** Adds the first paragraph as the description of the page. */
function withFrontmatter(path: string, text: string): string {
  const first = text.replaceAll(/<!--[\s\S]*?-->|^```[\s\S]*?^```$/gm, "").split(/\n\s*\n/)
    .find((part) => /^\s*[A-Z"“`[]/.test(part)) ?? "";
  const plain = firstParagraph(first.trim())
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/[`*]/g, "");
  const lines = [
    `description: ${JSON.stringify(plain)}`,
    ...(/^api[./]/.test(path) ? ["pageClass: api"] : []),
    // The files of the project are there for links. The guides and the API are what is searched.
    ...(path.startsWith("source/") ? ["search: false"] : []),
  ];
  return `---\n${lines.join("\n")}\n---\n\n${text}`;
}
