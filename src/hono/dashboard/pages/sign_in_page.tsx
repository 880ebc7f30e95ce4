/** @jsxImportSource hono/jsx */
import { Layout } from "../layout.tsx";
import type { Html } from "../page_context.ts";

/** The page for whom nobody knows yet. */
export function SignInPage(
  { title, root, wrong }: {
    title: string;
    root: string;
    /** Was a token given that is none? */
    wrong: boolean;
  },
): Html {
  return (
    <Layout view={{ title, root, signedIn: false }} heading="Sign in">
      <section class="card narrow">
        <form method="post" action={`${root}session`}>
          <div class="field">
            <label for="token">Token</label>
            <input
              id="token"
              name="token"
              type="password"
              autocomplete="current-password"
              required
              autofocus
              aria-invalid={wrong ? "true" : undefined}
              aria-describedby={wrong ? "wrong" : undefined}
            />
            {wrong && <p id="wrong" class="bad" role="alert">That token is not valid here.</p>}
          </div>
          <p class="buttons">
            <button type="submit" class="main">Sign in</button>
          </p>
        </form>
      </section>
    </Layout>
  );
}
