import { describeErrorCode } from "../public_error.ts";
import { type Html, html } from "./html.ts";
import { empty, moment } from "./layout.ts";
import type { PageContext } from "./page_context.ts";
import { table } from "./table.ts";

const MAX_ROWS = 10;

/** A table of the latest failed calls, with the meaning of the codes but without error messages. */
export function failureTable({ service, root }: PageContext, agent?: string): Html {
  const failures = service.activity.failures.filter((one) => (agent ?? one.agent) === one.agent);
  if (failures.length === 0) return empty("No call has failed.");
  return table({
    label: "Recent failures",
    columns: ["Code", "Agent", "Model", "When", "Meaning", "Run"],
    rows: failures.slice(0, MAX_ROWS).map(({ at, agent, code, model, run }) => ({
      key: `${at} ${run} ${agent}`,
      cells: [
        html`<code class="bad">${code}</code>`,
        agent,
        model ?? "–",
        moment(at),
        describeErrorCode(code),
        html`<a href="${root}runs/${encodeURIComponent(run)}"><code>${run.slice(0, 8)}</code></a>`,
      ],
    })),
  });
}
