/** Checks the links with their anchors: on the site, and in the Markdown that others show. */
import { fileURLToPath } from "node:url";
import { LinkChecker, LinkState } from "linkinator";
import { ROOT } from "../docs/project.ts";
import { serveSite } from "./serve_site.ts";

/** Pages as GitHub, JSR and npm show them. */
const MARKDOWN = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/**/*.md"];

/** Returns the broken links: with the page, and without those that leave this machine. */
export async function checkLinks(): Promise<readonly string[]> {
  await using server = await serveSite(Deno.env.get("SITE_BASE") ?? "/");
  return [...await brokenLinks([server.url]), ...await brokenLinks(MARKDOWN)];
}

/** Returns the broken links of pages of a server, or of Markdown in a folder. */
export async function brokenLinks(
  pages: readonly string[],
  folder: URL = ROOT,
): Promise<readonly string[]> {
  const isServer = pages.some((page) => page.startsWith("http:"));
  const { links } = await new LinkChecker().check({
    path: [...pages],
    checkFragments: true,
    concurrency: 20,
    linksToSkip: (url) => Promise.resolve(!/^http:\/\/(?:127\.0\.0\.1|localhost):/.test(url)),
    ...(isServer ? { recurse: true } : { markdown: true, serverRoot: fileURLToPath(folder) }),
  });
  if (links.length <= pages.length) throw new Error(`no links were found in ${pages.join(", ")}`);
  return links
    .filter(({ state }) => state === LinkState.BROKEN)
    .map(({ url, parent, status }) => `${parent}: ${url} (${status})`);
}
