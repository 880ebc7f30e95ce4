/** @jsxImportSource hono/jsx */
import { Layout } from "../layout.tsx";
import type { Html, PageContext } from "../page_context.ts";

/** What is shown in the place of a page that there is not. */
export function MissingPage({ view, what }: { view: PageContext; what: string }): Html {
  return (
    <Layout view={view} heading="Not here">
      <p>{what}</p>
      <p>
        <a href={`${view.root}../dashboard`}>To the overview</a>
      </p>
    </Layout>
  );
}
