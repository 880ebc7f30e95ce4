/** @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import type { Html, PageContext } from "./page_context.ts";

/** What every page has around it. */
export function Layout(
  { view, heading, events, children }: {
    /** What it is made from. */
    view: Pick<PageContext, "title" | "root" | "signedIn">;
    /** The page's own heading; absent on the first. */
    heading?: string;
    /** Where it is kept up to date from, below the root; absent if it is not. */
    events?: string;
    children?: Child;
  },
): Html {
  const { title, root, signedIn } = view;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{heading === undefined ? title : `${heading} – ${title}`}</title>
        <link rel="icon" type="image/svg+xml" href={`${root}icon.svg`} />
        <link rel="stylesheet" href={`${root}style.css`} />
        <script src={`${root}app.js`} defer />
      </head>
      <body data-events={events === undefined ? undefined : root + events}>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="bar">
          <a class="brand" href={`${root}../dashboard`}>{title}</a>
          {events !== undefined && (
            <>
              <span id="state" role="status">Not live</span>
              <button id="pause" type="button" hidden>Pause</button>
            </>
          )}
          {signedIn && (
            <form method="post" action={`${root}sign-out`}>
              <button type="submit">Sign out</button>
            </form>
          )}
        </header>
        <main id="main" tabindex={-1}>
          {heading !== undefined && <h1>{heading}</h1>}
          {children}
        </main>
      </body>
    </html>
  );
}

/** A titled part of a page that is kept up to date. */
export function Region(
  { id, title, children }: { id: string; title: string; children?: Child },
): Html {
  return (
    <section class="card" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      <div id={id}>{children}</div>
    </section>
  );
}

/** What stands where there is nothing yet. */
export function Empty({ children }: { children?: Child }): Html {
  return <p class="empty">{children}</p>;
}

/** A moment; the page writes it in the reader's own time. */
export function Moment({ at }: { at: number }): Html {
  const iso = new Date(at).toISOString();
  return <time datetime={iso}>{iso.slice(11, 19)} UTC</time>;
}

/** A name and its value, for lists of them. */
export function Fact({ name, children }: { name: string; children?: Child }): Html {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
