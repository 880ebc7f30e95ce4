/** Writes the pages and the sidebars from which VitePress builds the site. */
import { guideProblems } from "../docs/guides.ts";
import { sidebars } from "../docs/sidebar.ts";
import { siteFiles } from "../docs/site_pages.ts";

const OUT = new URL("generated/", import.meta.url);
const PAGES = new URL("pages/", OUT);

/**
 * Writes the pages that have changed, and removes those that are no longer there. Returns which
 * guides are missing, or not in the sidebar: then it writes nothing.
 */
export async function stage(): Promise<readonly string[]> {
  const problems = guideProblems();
  if (problems.length > 0) return problems;
  const { files, api } = await siteFiles();
  await Deno.mkdir(PAGES, { recursive: true });
  const paths = new Set(files.map(({ path }) => path));
  for (const path of filesIn("")) {
    if (!paths.has(path)) await Deno.remove(new URL(path, PAGES));
  }
  for (const file of files) {
    const bytes = "text" in file ? new TextEncoder().encode(file.text) : file.bytes;
    await writeIfChanged(new URL(file.path, PAGES), bytes);
  }
  const sidebar = JSON.stringify(sidebars(api, files), undefined, 2);
  await writeIfChanged(new URL("sidebar.json", OUT), new TextEncoder().encode(sidebar));
  return [];
}

function filesIn(folder: string): readonly string[] {
  return [...Deno.readDirSync(new URL(folder, PAGES))].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesIn(`${folder}${name}/`) : [folder + name]
  );
}

async function writeIfChanged(url: URL, bytes: Uint8Array): Promise<void> {
  const before = await Deno.readFile(url).catch(() => undefined);
  if (before?.length === bytes.length && before.every((byte, i) => byte === bytes[i])) return;
  await Deno.mkdir(new URL("./", url), { recursive: true });
  await Deno.writeFile(url, bytes);
}
