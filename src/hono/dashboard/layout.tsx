/** @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import type { Html, PageContext } from "./page_context.ts";

/** The frame of all pages. */
export function Layout(
  { context, heading, events, children }: {
    /** The context of the page. */
    context: Pick<PageContext, "title" | "root" | "signedIn">;
    /** The heading of the page; absent on the overview. */
    heading?: string;
    /** The URL of the live updates, relative to the root; absent if there are none. */
    events?: string;
    children?: Child;
  },
): Html {
  const { title, root, signedIn } = context;
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

/** A section of a page that is updated live. */
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

/** A placeholder for missing data. */
export function Empty({ children }: { children?: Child }): Html {
  return <p class="empty">{children}</p>;
}

/** A point in time; the script shows it in the reader's time zone. */
export function Moment({ at }: { at: number }): Html {
  const iso = new Date(at).toISOString();
  return <time datetime={iso}>{iso.slice(11, 19)} UTC</time>;
}

/** A name and its value in a description list. */
export function Fact({ name, children }: { name: string; children?: Child }): Html {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
