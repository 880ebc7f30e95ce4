import { attributes, type Html, html } from "../html.ts";
import { layout } from "../layout.ts";

/** What the page to sign in shows. */
export interface SignInPageContent {
  /** The title of the dashboard. */
  readonly title: string;
  /** The relative URL of the dashboard's folder. */
  readonly root: string;
  /** Whether a token was given that is not valid. */
  readonly rejected: boolean;
}

/** The page with the form to sign in. */
export function signInPage({ title, root, rejected }: SignInPageContent): Html {
  const input = attributes({
    id: "token",
    name: "token",
    type: "password",
    autocomplete: "current-password",
    required: true,
    autofocus: true,
    "aria-invalid": rejected ? "true" : undefined,
    "aria-describedby": rejected ? "rejected" : undefined,
  });
  const content = html`
    <section class="card narrow">
      <form method="post" action="${root}session">
        <div class="field">
    <label for="token">Token</label>
    <input ${input}/>
    ${rejected && html`<p id="rejected" class="bad" role="alert">This token is not valid.</p>`}
        </div>
        <p class="buttons"><button type="submit" class="main">Sign in</button></p>
      </form>
    </section>
  `;
  return layout({ context: { title, root, signedIn: false }, heading: "Sign in", content });
}
