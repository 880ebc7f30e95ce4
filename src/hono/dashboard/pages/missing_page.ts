import { type Html, html } from "../html.ts";
import { layout } from "../layout.ts";
import type { PageContext } from "../page_context.ts";

/** The page for an unknown run or agent. */
export function missingPage(context: PageContext, message: string): Html {
  const content = html`<p>${message}</p>
<p><a href="${context.root}../dashboard">Back to the overview</a></p>`;
  return layout({ context, heading: "Not found", content });
}
