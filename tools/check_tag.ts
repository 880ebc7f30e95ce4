/**
 * Checks that a tag, such as v0.1.0, is the version of `deno.json`, and that the changelog has a
 * section for it.
 */
import config from "../deno.json" with { type: "json" };

const [tag] = Deno.args;
const problems: string[] = [];
if (tag !== `v${config.version}`) {
  problems.push(`the tag must be v${config.version}, as in deno.json: current value is ${tag}`);
}
const changelog = await Deno.readTextFile(new URL("../CHANGELOG.md", import.meta.url));
if (!changelog.split("\n").some((line) => line.startsWith(`## ${config.version}`))) {
  problems.push(`CHANGELOG.md has no section "## ${config.version}"`);
}
if (problems.length > 0) {
  console.error(`Cannot publish ${tag ?? "without a tag"} as ${problems.join(", and ")}`);
  Deno.exit(1);
}
