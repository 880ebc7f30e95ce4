/** Checks the spelling of the guides and of the texts of the API. `words.txt` has more words. */
import { fileURLToPath } from "node:url";
import { lint } from "cspell";
import { ROOT } from "../docs/project.ts";

const PAGES = [
  "README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "docs/**/*.md",
  "tools/site/generated/pages/api/**/*.md",
];

/** Returns the misspelt words with their places, in files of a folder. */
export async function checkSpelling(
  paths: readonly string[] = PAGES,
  folder: URL = ROOT,
): Promise<readonly string[]> {
  const problems: string[] = [];
  const { files } = await lint([...paths], {
    root: fileURLToPath(folder),
    config: fileURLToPath(new URL("cspell.json", import.meta.url)),
    progress: false,
    gitignore: false,
  }, {
    issue({ uri, row, col, text }) {
      const path = uri?.slice(folder.href.length);
      problems.push(`${path}:${row}:${col}: "${text}" is not in the dictionaries`);
    },
    error: (message, error) => problems.push(`${message}: ${error.message}`),
  });
  if (files < paths.length) throw new Error(`only ${files} files were checked for spelling`);
  return problems;
}
