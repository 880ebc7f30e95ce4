/** The configuration of VitePress. `stage.ts` writes the pages and the sidebars that it reads. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { defineConfig } from "vitepress";
import llms from "vitepress-plugin-llms";
import { anchorOf } from "../../docs/markdown.ts";

const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
const { description } = read("../../../deno.json");
const repository = process.env.GITHUB_REPOSITORY;

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
  head: [["meta", { name: "color-scheme", content: "light dark" }]],
  markdown: {
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    // Anchors are those of GitHub, JSR and npm, so that a link works everywhere.
    anchor: { slugify: anchorOf },
    config(md) {
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
    socialLinks: repository === undefined
      ? []
      : [{ icon: "github", link: `https://github.com/${repository}` }],
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
