import { isRecord } from "../../model/check_options.ts";
import type { JsonSchema } from "../../model/message.ts";
import type { ServedAgent } from "../served_agent.ts";
import { attributes, type Html, html } from "./html.ts";
import type { PageContext } from "./page_context.ts";

/** A form with a field for each parameter of an agent. The answer appears as it is streamed. */
export function callForm({ root }: PageContext, agent: ServedAgent): Html {
  const schema = agent.paramsSchema();
  const { properties } = schema ?? {};
  const names = isRecord(properties) ? Object.keys(properties) : [];
  const required = Array.isArray(schema?.required) ? schema.required : [];
  const fields = names.map((name) =>
    field({
      name,
      schema: (properties as Record<string, JsonSchema>)[name]!,
      isRequired: required.includes(name),
    })
  );
  return html`
    <section class="card" aria-labelledby="call-title">
      <h2 id="call-title">Call</h2>
      <form id="call" action="${root}call/${encodeURIComponent(agent.name)}">
    ${names.length === 0 ? jsonParams() : fields}
    <p class="buttons">
    <button type="submit" class="main">Call</button>
    <button type="button" id="stop" disabled>Stop</button>
    <span id="call-state" role="status"></span>
    </p>
      </form>
      <div id="answer" hidden>
        <h3 id="output-title">Answer</h3>
        <pre id="output" tabindex="0" role="region" aria-labelledby="output-title"></pre>
        <ul id="call-log"></ul>
        <p><a id="run-link" href="${root}runs/">Show the run</a></p>
      </div>
      <noscript><p>This form needs JavaScript.</p></noscript>
    </section>
  `;
}

/** A field for all parameters as JSON, for an agent without a schema of its parameters. */
function jsonParams(): Html {
  const attrs = attributes({
    id: "params",
    name: "params",
    "data-kind": "params",
    rows: 4,
    spellcheck: "false",
  });
  return html`
    <div class="field">
      <label for="params">Parameters (JSON)</label>
      <textarea ${attrs}>{}</textarea>
    </div>
  `;
}

/** A parameter of an agent. */
interface Param {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

function field(param: Param): Html {
  const { name, schema, isRequired } = param;
  const { description, type } = isRecord(schema) ? schema : {} as JsonSchema;
  const id = `param-${name}`;
  const label = type === "string" || type === "boolean" || isNumeric(type) || hasChoices(schema)
    ? name
    : `${name} (JSON)`;
  const about = typeof description === "string" ? `${id}-about` : undefined;
  return html`<div class="field">
<label for="${id}">${label}${!isRequired && html`<span class="optional">optional</span>`}</label>
${input(param, id, about)}
${about !== undefined && html`<p class="about" id="${about}">${description as string}</p>`}
</div>`;
}

function input({ name, schema, isRequired }: Param, id: string, about: string | undefined): Html {
  const { type } = isRecord(schema) ? schema : {} as JsonSchema;
  const common = { id, name, "aria-describedby": about };
  if (hasChoices(schema)) {
    const attrs = attributes({ ...common, "data-kind": "json", required: isRequired });
    const options = schema.enum.map((one) =>
      html`<option value="${JSON.stringify(one)}">${String(one)}</option>`
    );
    return html`<select ${attrs}>${!isRequired && NO_CHOICE}${options}</select>`;
  }
  if (type === "boolean" && !isRequired) {
    // A checkbox could not leave the parameter out.
    return html`<select ${attributes({ ...common, "data-kind": "json" })}>${NO_CHOICE}
<option value="true">yes</option>
<option value="false">no</option>
</select>`;
  }
  if (type === "boolean") {
    return html`
      <input ${attributes({ ...common, type: "checkbox", "data-kind": "flag" })} />
    `;
  }
  if (isNumeric(type)) {
    const attrs = attributes({
      ...common,
      type: "number",
      step: type === "integer" ? "1" : "any",
      "data-kind": "number",
      required: isRequired,
    });
    return html`
      <input ${attrs} />
    `;
  }
  const kind = type === "string" ? (isRequired ? "text" : "optional-text") : "json";
  const attrs = attributes({
    ...common,
    "data-kind": kind,
    rows: 3,
    required: isRequired && kind === "json",
    spellcheck: String(kind !== "json"),
  });
  return html`
    <textarea ${attrs}></textarea>
  `;
}

const NO_CHOICE = html`<option value=""></option>`;

function isNumeric(type: unknown): boolean {
  return type === "number" || type === "integer";
}

function hasChoices(schema: JsonSchema): schema is JsonSchema & { enum: unknown[] } {
  return isRecord(schema) && Array.isArray(schema.enum);
}
