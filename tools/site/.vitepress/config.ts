/** The configuration of VitePress. `stage.ts` writes the pages and the sidebars that it reads. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { defineConfig } from "vitepress";
import llms from "vitepress-plugin-llms";
import { anchorOf } from "../../docs/markdown.ts";
import { optionTables } from "./option_tables.ts";

const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
const { description } = read("../../../deno.json");
const repository = process.env.GITHUB_REPOSITORY;

/** Three fish of a shoal. */
const ICON = encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="#3a5ccc">` +
    [[4, 2], [12, 12], [4, 22]].map(([x, y]) =>
      `<path transform="translate(${x} ${y})" d="M0 0l4 4-4 4q4 0 5-2 5 3 11-2-6-5-11-2-1-2-5-2z"/>`
    ).join("") + "</svg>",
);

export default defineConfig({
  title: "Shoal",
  description,
  lang: "en",
  base: process.env.SITE_BASE ?? "/",
  srcDir: "generated/pages",
  outDir: "../../site",
  cacheDir: "generated/cache",
  // The link check finds dead links with their anchors.
  ignoreDeadLinks: true,
  metaChunk: true,
  head: [
    ["meta", { name: "color-scheme", content: "light dark" }],
    ["link", { rel: "icon", type: "image/svg+xml", href: `data:image/svg+xml,${ICON}` }],
  ],
  markdown: {
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    // Anchors are those of GitHub, JSR and npm, so that a link works everywhere.
    anchor: { slugify: anchorOf },
    config(md) {
      md.use(optionTables);
      // Braces are text, not templates.
      for (const name of ["text", "code_inline"] as const) {
        const render = md.renderer.rules[name]!;
        md.renderer.rules[name] = (...args) => render(...args).replaceAll("{{", "&#123;&#123;");
      }
    },
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Guides", link: "/start" },
      { text: "API", link: "/api" },
      { text: "Changes", link: "/changelog" },
    ],
    sidebar: read("../generated/sidebar.json"),
    ...(repository !== undefined && {
      socialLinks: [{ icon: "github", link: `https://github.com/${repository}` }],
    }),
    docFooter: { prev: "Previous page", next: "Next page" },
  },
  vite: {
    plugins: [
      llms({
        description,
        excludeIndexPage: false,
        sidebar: read("../generated/sidebar.json")["/"],
        // Long lists of single symbols, and copies of sources, have no place in one text.
        ignoreFilesPerOutput: {
          llmsTxt: ["api/*/*.md", "source/**"],
          llmsFullTxt: ["api.md", "api/**", "source/**", "changelog.md", "contributing.md"],
        },
      }),
    ],
    build: { chunkSizeWarningLimit: 2_000 },
  },
});
