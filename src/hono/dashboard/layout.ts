import { attributes, type Child, type Html, html } from "./html.ts";
import type { PageContext } from "./page_context.ts";

/** What {@linkcode layout} frames. */
export interface LayoutContent {
  /** The context of the page. */
  readonly context: Pick<PageContext, "title" | "root" | "signedIn">;
  /** The heading of the page; absent on the overview. */
  readonly heading?: string;
  /** The URL of the live updates, relative to the root; absent if there are none. */
  readonly events?: string;
  /** The content. */
  readonly content: Child;
}

/** The frame of all pages. */
export function layout({ context, heading, events, content }: LayoutContent): Html {
  const { title, root, signedIn } = context;
  return html`
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${heading === undefined ? title : `${heading} – ${title}`}</title>
        <link rel="icon" type="image/svg+xml" href="${root}icon.svg" />
        <link rel="stylesheet" href="${root}style.css" />
        <script src="${root}app.js" defer></script>
      </head>
      <body ${attributes({ "data-events": events === undefined ? undefined : root + events })}>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="bar">
    <a class="brand" href="${root}../dashboard">${title}</a>
    ${events !== undefined && html`<span id="state" role="status">Not live</span>
<button id="pause" type="button" hidden>Pause</button>`}
    ${signedIn && html`
      <form method="post" action="${root}sign-out">
        <button type="submit">Sign out</button>
      </form>
    `}
        </header>
        <main id="main" tabindex="-1">
    ${heading !== undefined && html`<h1>${heading}</h1>`}
    ${content}
        </main>
      </body>
    </html>
  `;
}

/** A section of a page that is updated live. */
export function region(id: string, title: string, content: Child): Html {
  return html`
    <section class="card" aria-labelledby="${id}-title">
      <h2 id="${id}-title">${title}</h2>
      <div id="${id}">${content}</div>
    </section>
  `;
}

/** A placeholder for missing data. */
export function empty(text: string): Html {
  return html`<p class="empty">${text}</p>`;
}

/** A point in time; the script shows it in the reader's time zone. */
export function moment(at: number): Html {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${iso.slice(11, 19)} UTC</time>`;
}

/** A name and its value in a description list. */
export function fact(name: string, value: Child): Html {
  return html`
    <div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>
  `;
}

/** A progress bar with its label. */
export function progressBar(value: number, max: number, label: string): Html {
  return html`<span class="progress"><progress value="${value}" max="${max}" aria-label="${label}">
</progress><span>${label}</span></span>`;
}
