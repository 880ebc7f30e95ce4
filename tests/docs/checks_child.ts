/** Prints the broken links and the misspelt words of a page: with the dependencies of the site. */
import { brokenLinks } from "../../tools/site/check_links.ts";
import { checkSpelling } from "../../tools/site/check_spelling.ts";

const folder = new URL(Deno.args[0]!);
const pages = ["page.md"];
const links = await brokenLinks(pages, folder);
const words = await checkSpelling(pages, folder);
console.log(JSON.stringify({ links, words }));
