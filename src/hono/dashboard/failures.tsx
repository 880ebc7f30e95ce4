/** @jsxImportSource hono/jsx */
import { describeErrorCode } from "../public_error.ts";
import { Empty, Moment } from "./layout.tsx";
import { Table } from "./table.tsx";
import type { Html, PageContext } from "./page_context.ts";

const SHOWN = 10;

/** The latest calls that failed: their codes and what these mean, nothing of what the errors say. */
export function Failures({ view, agent }: { view: PageContext; agent?: string }): Html {
  const { service, root } = view;
  const failures = service.activity.failures.filter((one) => (agent ?? one.agent) === one.agent);
  if (failures.length === 0) return <Empty>No call has failed.</Empty>;
  return (
    <Table
      label="Latest failures"
      columns={["Code", "Agent", "Model", "When", "Meaning", "Run"]}
      rows={failures.slice(0, SHOWN).map(({ at, agent, code, model, run }) => ({
        key: `${at} ${run} ${agent}`,
        cells: [
          <code class="bad">{code}</code>,
          agent,
          model ?? "–",
          <Moment at={at} />,
          describeErrorCode(code),
          <a href={`${root}runs/${encodeURIComponent(run)}`}>
            <code>{run.slice(0, 8)}</code>
          </a>,
        ],
      }))}
    />
  );
}
