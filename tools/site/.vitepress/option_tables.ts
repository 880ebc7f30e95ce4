/** Shows the rows of tables of options and flags below each other: they are too wide as tables. */
import type { MarkdownRenderer } from "vitepress";

const ROLES: Readonly<Record<string, string>> = {
  table_open: "table",
  thead_open: "rowgroup",
  tbody_open: "rowgroup",
  tr_open: "row",
  th_open: "columnheader",
  td_open: "cell",
};

/**
 * Puts these tables into an element with a class, and gives each cell the name of its column. Roles
 * keep a table what it is for screen readers, whatever it looks like.
 */
export function optionTables(md: MarkdownRenderer): void {
  md.core.ruler.push("option_tables", ({ tokens }) => {
    let isInside = false;
    let names: string[] = [];
    let column = 0;
    for (const [i, token] of tokens.entries()) {
      if (/^<!-- (?:options|flags): /.test(token.content)) {
        isInside = true;
        token.content = '<div class="options">\n';
      } else if (/^<!-- end of (?:options|flags) -->/.test(token.content)) {
        isInside = false;
        token.content = "</div>\n";
      }
      const role = ROLES[token.type];
      if (!isInside || role === undefined) continue;
      token.attrSet("role", role);
      const content = tokens[i + 1]?.content ?? "";
      if (role === "table") names = [];
      if (role === "row") column = 0;
      if (role === "columnheader") names.push(content);
      if (role !== "cell") continue;
      token.attrSet("data-column", names[column++] ?? "");
      if (content === "–") token.attrSet("class", "none");
      if (content === "required") token.attrSet("class", "required");
    }
  });
}
