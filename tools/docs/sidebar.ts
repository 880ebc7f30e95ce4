/** The sidebars of the site. */
import type { Api } from "./api.ts";
import { apiSidebars, type SidebarItem } from "./api_pages.ts";
import { GUIDES } from "./guides.ts";
import { PROJECT_PAGES, type SiteFile } from "./site_pages.ts";

/** Returns the sidebars by the path to which they belong. */
export function sidebars(
  api: Api,
  files: readonly SiteFile[],
): Readonly<Record<string, readonly SidebarItem[]>> {
  const titleOf = (path: string): string => {
    const file = files.find((file) => file.path === path);
    const [, title] = /^# (.+)$/m.exec(file !== undefined && "text" in file ? file.text : "") ?? [];
    return title?.replaceAll("`", "") ?? path;
  };
  const item = (page: string) => ({
    text: titleOf(`${page}.md`),
    link: page === "index" ? "/" : `/${page}`,
  });
  const guides = GUIDES.map(({ title, guides }) => ({ text: title, items: guides.map(item) }));
  const project = PROJECT_PAGES.map((path) => item(path.slice(0, -".md".length).toLowerCase()));
  const reference = { text: "Reference", items: [{ text: "API", link: "/api" }, ...project] };
  return { ...apiSidebars(api), "/": [...guides, reference] };
}
