/**
 * Prompt templates: `{name}` is replaced by the parameter `name`; `{{` and its `}}` are literal
 * braces. Other braces, such as those of JSON, stay as they are: also a `}}` that ends two objects,
 * which no `{{` has opened. A `{{` that no `}}` closes is rejected.
 */
import { closestName } from "../../model/names/closest_name.ts";
import { digitsOf } from "../../model/digits.ts";

/** A value for a placeholder. The caller must convert other types to a string. */
export type TemplateValue = string | number | bigint | boolean | null;

/**
 * The parameters of a template, which the compiler reads from its text: those of `"Hello {name}"`
 * are `{ name: TemplateValue }`. A template of type `string` takes any parameters.
 */
export type TemplateParams<Template extends string> = string extends Template
  ? Record<string, TemplateValue>
  : { [Name in Placeholders<Template>]: TemplateValue };

/**
 * The names of the placeholders in a template, as a union.
 *
 * @internal
 */
export type Placeholders<Template extends string, Found = never> = Template extends
  `${string}{${infer After}` ? After extends `{${infer Rest}` ? Placeholders<Rest, Found>
  : After extends `${infer Name}}${infer Rest}`
    ? Name extends "" | `${string}${NotInName}${string}` | `${number}${string}`
      ? Placeholders<After, Found>
    : Placeholders<Rest, Found | Name>
  : Found
  : Found;

/**
 * Characters that no name contains: braces around a text with one of them are no placeholder. The
 * compiler cannot list all of them: it takes `{🙂}` for a placeholder, which it is not.
 *
 * @internal
 */
// deno-fmt-ignore
export type NotInName =
  | " " | "\n" | "\t" | "\r" | "\u00a0"
  | "!" | '"' | "#" | "$" | "%" | "&" | "'" | "(" | ")" | "*" | "+" | "," | "-" | "." | "/"
  | ":" | ";" | "<" | "=" | ">" | "?" | "@" | "[" | "\\" | "]" | "^" | "`" | "{" | "|" | "}" | "~"
  | "…" | "–" | "—" | "“" | "”" | "„" | "‘" | "’" | "«" | "»" | "·" | "•" | "→" | "×" | "°" | "€";

/** A parsed template. */
export interface Template {
  /** The names of its parameters, without duplicates. */
  readonly names: readonly string[];
  /**
   * Renders the template with these parameters.
   *
   * @throws {TemplateError} If a parameter is missing or cannot be converted to a text.
   */
  render(params: unknown): string;
}

/** The error for a parameter that is missing or cannot be converted to a text. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

/** Matches a placeholder and captures its name, or matches a brace. */
const TOKEN = /\{\{|\{([\p{L}_][\p{L}\p{N}_]*)\}|[{}]/gu;

/**
 * Parses a template.
 *
 * A `}}` closes the last `{{`, unless a single `{` was opened in between: then its first brace
 * closes that one, as in `{{"a": {"b": 1}}}`.
 *
 * @param doing The action that fails if the template is invalid, for the message.
 * @throws {TypeError} If a `{{` is not closed.
 */
export function parseTemplate(template: string, doing = "read the template"): Template {
  // Texts at even indices, names at odd ones.
  const parts: string[] = [""];
  const open: { readonly brace: string; readonly at: number }[] = [];
  let end = 0;
  function add(text: string): void {
    parts[parts.length - 1] += text;
  }
  for (const { 0: token, 1: name, index } of template.matchAll(TOKEN)) {
    if (index < end) continue; // the second brace of a `}}`
    add(template.slice(end, index));
    end = index + token.length;
    if (name !== undefined) {
      parts.push(name, "");
    } else if (token !== "}") {
      open.push({ brace: token, at: index });
      add("{");
    } else {
      if (open.at(-1)?.brace === "{") open.pop();
      else if (open.length > 0 && template[end] === "}") {
        open.pop();
        end++;
      }
      add("}");
    }
  }
  add(template.slice(end));
  const unclosed = open.find(({ brace }) => brace === "{{");
  if (unclosed !== undefined) refuseUnclosed(doing, template, unclosed.at);
  const names = [...new Set(parts.filter((_, i) => i % 2 === 1))];

  return {
    names,
    render(params) {
      let text = parts[0]!;
      for (let i = 1; i < parts.length; i += 2) {
        text += valueOf(params, parts[i]!, names) + parts[i + 1];
      }
      return text;
    },
  };
}

function refuseUnclosed(doing: string, template: string, at: number): never {
  const lines = template.slice(0, at).split("\n");
  throw new TypeError(
    `Cannot ${doing} as prompt must close each "{{" with "}}": the one at line ${lines.length}, ` +
      `column ${lines.at(-1)!.length + 1} is open. Write "{" for a single brace`,
  );
}

function valueOf(params: unknown, name: string, names: readonly string[]): string {
  const values = typeof params === "object" && params !== null ? params : {};
  const value = Object.hasOwn(values, name) ? (values as Record<string, unknown>)[name] : undefined;
  if (value === undefined) throw new TemplateError(missingMessage(name, values, names));
  if (typeof value === "string") return value;
  if (value === null || ["number", "boolean", "bigint"].includes(typeof value)) {
    return digitsOf(values, name) ?? String(value);
  }
  throw new TemplateError(
    `parameter "${name}" must be a text, a number, a boolean or null, but is ${
      Array.isArray(value)
        ? "an array"
        : typeof value === "object"
        ? "an object"
        : `a ${typeof value}`
    }: convert it to a text first, for example with JSON.stringify`,
  );
}

function missingMessage(name: string, values: object, names: readonly string[]): string {
  const all = Object.keys(values);
  if (all.length === 0) return `parameter "${name}" is missing: no parameters were given`;
  const unused = all.filter((key) => !names.includes(key));
  if (unused.length === 0) return `parameter "${name}" is missing`;
  const closest = closestName(name, unused);
  return closest === undefined
    ? `parameter "${name}" is missing`
    : `parameter "${name}" is missing: did you mean it instead of "${closest}"?`;
}
