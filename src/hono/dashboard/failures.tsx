/** @jsxImportSource hono/jsx */
import { describeErrorCode } from "../public_error.ts";
import { Empty, Moment } from "./layout.tsx";
import { Table } from "./table.tsx";
import type { Html, PageContext } from "./page_context.ts";

const MAX_ROWS = 10;

/** A table of the latest failed calls, with the meaning of the codes but without error messages. */
export function Failures({ context, agent }: { context: PageContext; agent?: string }): Html {
  const { service, root } = context;
  const failures = service.activity.failures.filter((one) => (agent ?? one.agent) === one.agent);
  if (failures.length === 0) return <Empty>No call has failed.</Empty>;
  return (
    <Table
      label="Recent failures"
      columns={["Code", "Agent", "Model", "When", "Meaning", "Run"]}
      rows={failures.slice(0, MAX_ROWS).map(({ at, agent, code, model, run }) => ({
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
