/** Writes the pages and the sidebars from which VitePress builds the site. */
import { guideProblems } from "../docs/guides.ts";
import { sidebars } from "../docs/sidebar.ts";
import { siteFiles } from "../docs/site_pages.ts";

const OUT = new URL("generated/", import.meta.url);

/**
 * Writes all pages.
 *
 * @throws {Error} If a guide is missing, or not in the sidebar.
 */
export async function stage(): Promise<void> {
  const problems = guideProblems();
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const { files, api } = await siteFiles();
  await Deno.remove(new URL("pages/", OUT), { recursive: true }).catch(() => {});
  for (const file of files) {
    const url = new URL(`pages/${file.path}`, OUT);
    await Deno.mkdir(new URL("./", url), { recursive: true });
    if ("text" in file) await Deno.writeTextFile(url, file.text);
    else await Deno.writeFile(url, file.bytes);
  }
  const sidebar = JSON.stringify(sidebars(api, files), undefined, 2);
  await Deno.writeTextFile(new URL("sidebar.json", OUT), sidebar);
}
