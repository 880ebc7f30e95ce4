/** Prints the broken links and the misspelt words of `page.md` in a folder, for tests. */
import { brokenLinks } from "./check_links.ts";
import { checkSpelling } from "./check_spelling.ts";

const folder = new URL(Deno.args[0]!);
const pages = ["page.md"];
const links = await brokenLinks(pages, folder);
const words = await checkSpelling(pages, folder);
console.log(JSON.stringify({ links, words }));
