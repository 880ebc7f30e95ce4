/** Where the project is, and what it publishes. */
import config from "../../deno.json" with { type: "json" };

/** The folder of the project. */
export const ROOT: URL = new URL("../../", import.meta.url);

/** The repository on GitHub, such as `owner/name`, where a workflow of GitHub builds the site. */
export const REPOSITORY: string | undefined = readEnv("GITHUB_REPOSITORY");

/** The branch or the tag of that repository to which links lead. */
export const REF: string = readEnv("GITHUB_REF_NAME") ?? "main";

/** The entries of the package: their names as users import them, and their files. */
export const ENTRIES: readonly { readonly name: string; readonly file: string }[] = Object
  .entries(config.exports)
  .map(([entry, file]) => ({ name: config.name + entry.slice(1), file: file.slice(2) }));

/** The name, the version and the description of the package. */
export const PACKAGE: { readonly name: string; readonly description: string } = config;

function readEnv(name: string): string | undefined {
  return Deno.env.get(name) || undefined;
}
