/** Tests that the build of the site finds mistakes in a page. */
import { assertEquals } from "@std/assert";
import { pathToFileURL } from "node:url";
import { makeTempFolder } from "../temp_folder.ts";
import { runDeno } from "./build_site.ts";

const PAGE = `# Page

[guide](./docs/start.md) [anchor](./docs/start.md#install) [own](#page) [web](https://a.test/)
[broken](./nothing.md) [missing](./docs/start.md#nowhere) <a href="./src/nothing.ts">x</a>
A mispeling, and \`speling\` in code.
`;

Deno.test("a broken link, a missing anchor and a misspelt word are found", async () => {
  const folder = await makeTempFolder();
  try {
    await Deno.mkdir(`${folder}/docs`);
    await Deno.writeTextFile(`${folder}/docs/start.md`, "# Start\n\n## Install\n");
    await Deno.writeTextFile(`${folder}/page.md`, PAGE);
    const { output } = await runDeno([
      "run",
      "--quiet",
      "--no-prompt",
      "--no-check",
      "--config=tools/site/deno.json",
      "-P=build",
      "tools/site/check_page.ts",
      pathToFileURL(`${folder}/`).href,
    ]);
    const { links, words } = JSON.parse(output.slice(output.indexOf("{")));
    assertEquals(links.toSorted(), [
      "page.md: docs/start.md#nowhere (200)",
      "page.md: nothing.md (404)",
      "page.md: src/nothing.ts (404)",
    ]);
    assertEquals(words, ['page.md:5:3: "mispeling" is not in the dictionaries']);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
