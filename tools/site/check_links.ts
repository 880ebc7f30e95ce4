/** Checks the links with their anchors: on the site, and in the Markdown that others show. */
import { LinkChecker, LinkState } from "linkinator";
import { ROOT } from "../docs/project.ts";
import { serveSite } from "./serve_site.ts";

/** Pages as GitHub, JSR and npm show them. */
const MARKDOWN = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/**/*.md"];

/** Returns the broken links: with the page, and without those that leave this machine. */
export async function checkLinks(): Promise<readonly string[]> {
  await using server = await serveSite(Deno.env.get("SITE_BASE") ?? "/");
  return [
    ...await broken({ path: server.url, recurse: true }),
    ...await broken({ path: MARKDOWN, serverRoot: new URL(ROOT).pathname, markdown: true }),
  ];
}

async function broken(options: Parameters<LinkChecker["check"]>[0]): Promise<readonly string[]> {
  const { links } = await new LinkChecker().check({
    ...options,
    checkFragments: true,
    concurrency: 20,
    linksToSkip: (url) => Promise.resolve(!/^http:\/\/(?:127\.0\.0\.1|localhost):/.test(url)),
  });
  return links
    .filter(({ state }) => state === LinkState.BROKEN)
    .map(({ url, parent, status }) => `${parent}: ${url} (${status})`);
}
