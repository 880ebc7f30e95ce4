/** @jsxImportSource hono/jsx */
import { Layout } from "../layout.tsx";
import type { Html, PageContext } from "../page_context.ts";

/** The page for an unknown run or agent. */
export function MissingPage({ context, message }: { context: PageContext; message: string }): Html {
  return (
    <Layout context={context} heading="Not found">
      <p>{message}</p>
      <p>
        <a href={`${context.root}../dashboard`}>Back to the overview</a>
      </p>
    </Layout>
  );
}
