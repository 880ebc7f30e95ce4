/** @jsxImportSource hono/jsx */
import { Layout } from "../layout.tsx";
import type { Html } from "../page_context.ts";

/** The page with the form to sign in. */
export function SignInPage(
  { title, root, rejected }: {
    title: string;
    root: string;
    /** Whether a token was given that is not valid. */
    rejected: boolean;
  },
): Html {
  return (
    <Layout context={{ title, root, signedIn: false }} heading="Sign in">
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
              aria-invalid={rejected ? "true" : undefined}
              aria-describedby={rejected ? "rejected" : undefined}
            />
            {rejected && <p id="rejected" class="bad" role="alert">This token is not valid.</p>}
          </div>
          <p class="buttons">
            <button type="submit" class="main">Sign in</button>
          </p>
        </form>
      </section>
    </Layout>
  );
}
