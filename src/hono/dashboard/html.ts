/**
 * HTML as template strings, by `hono/html`. There is no JSX in published files, as not every
 * runtime converts it.
 */
import { html as escape } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

/** HTML, with every value escaped. */
export type Html = HtmlEscapedString;

/** What may be inserted into HTML. Text is escaped; `undefined` and `false` insert nothing. */
export type Child = Html | string | number | false | undefined | readonly Child[];

/** Returns HTML in which the inserted values are escaped. */
export function html(strings: TemplateStringsArray, ...values: readonly Child[]): Html {
  // It is a promise only if a value is one.
  return escape(strings, ...values) as Html;
}

/** Returns the attributes that are set. `true` sets one without a value. */
export function attributes(
  all: Readonly<Record<string, string | number | boolean | undefined>>,
): Child {
  return Object.entries(all).map(([name, value]) =>
    value === undefined || value === false ? "" : value === true
      ? html`
        ${name}
      `
      : html`
        ${name}="${String(value)}"
      `
  );
}
