/** @jsxImportSource hono/jsx */
import { isRecord } from "../../model/check_options.ts";
import type { JsonSchema } from "../../model/message.ts";
import type { ServedAgent } from "../served_agent.ts";
import type { Html, PageContext } from "./page_context.ts";

/** A form with a field for each parameter of an agent. The answer appears as it is streamed. */
export function CallForm({ context, agent }: { context: PageContext; agent: ServedAgent }): Html {
  const schema = agent.paramsSchema();
  const { properties } = schema ?? {};
  const names = isRecord(properties) ? Object.keys(properties) : [];
  const required = Array.isArray(schema?.required) ? schema.required : [];
  return (
    <section class="card" aria-labelledby="call-title">
      <h2 id="call-title">Call</h2>
      <form id="call" action={`${context.root}call/${encodeURIComponent(agent.name)}`}>
        {names.map((name) => (
          <Field
            name={name}
            schema={(properties as Record<string, JsonSchema>)[name]!}
            required={required.includes(name)}
          />
        ))}
        {names.length === 0 && <JsonParams />}
        <p class="buttons">
          <button type="submit" class="main">Call</button>
          <button type="button" id="stop" disabled>Stop</button>
          <span id="call-state" role="status" />
        </p>
      </form>
      <div id="answer" hidden>
        <h3 id="output-title">Answer</h3>
        <pre id="output" tabindex={0} role="region" aria-labelledby="output-title" />
        <ul id="call-log" />
        <p>
          <a id="run-link" href={`${context.root}runs/`}>Show the run</a>
        </p>
      </div>
      <noscript>
        <p>This form needs JavaScript.</p>
      </noscript>
    </section>
  );
}

/** A field for all parameters as JSON, for an agent without a schema of its parameters. */
function JsonParams(): Html {
  return (
    <div class="field">
      <label for="params">Parameters (JSON)</label>
      <textarea id="params" name="params" data-kind="params" rows={4} spellcheck={false}>
        {"{}"}
      </textarea>
    </div>
  );
}

function Field(
  { name, schema, required }: { name: string; schema: JsonSchema; required: boolean },
): Html {
  const { description, type } = isRecord(schema) ? schema : {} as JsonSchema;
  const id = `param-${name}`;
  const label = type === "string" || type === "boolean" || isNumeric(type) || hasChoices(schema)
    ? name
    : `${name} (JSON)`;
  const about = typeof description === "string" ? `${id}-about` : undefined;
  return (
    <div class="field">
      <label for={id}>
        {label}
        {!required && <span class="optional">optional</span>}
      </label>
      <Input id={id} name={name} schema={schema} required={required} about={about} />
      {about && <p class="about" id={about}>{description as string}</p>}
    </div>
  );
}

function Input(
  { id, name, schema, required, about }: {
    id: string;
    name: string;
    schema: JsonSchema;
    required: boolean;
    about: string | undefined;
  },
): Html {
  const { type } = isRecord(schema) ? schema : {} as JsonSchema;
  const common = { id, name, "aria-describedby": about };
  if (hasChoices(schema)) {
    return (
      <select {...common} data-kind="json" required={required}>
        {!required && <option value="" />}
        {schema.enum.map((one) => <option value={JSON.stringify(one)}>{String(one)}</option>)}
      </select>
    );
  }
  if (type === "boolean" && !required) {
    // A checkbox could not leave the parameter out.
    return (
      <select {...common} data-kind="json">
        <option value="" />
        <option value="true">yes</option>
        <option value="false">no</option>
      </select>
    );
  }
  if (type === "boolean") return <input {...common} type="checkbox" data-kind="flag" />;
  if (isNumeric(type)) {
    return (
      <input
        {...common}
        type="number"
        step={type === "integer" ? "1" : "any"}
        data-kind="number"
        required={required}
      />
    );
  }
  const kind = type === "string" ? (required ? "text" : "optional-text") : "json";
  return (
    <textarea
      {...common}
      data-kind={kind}
      rows={3}
      required={required && kind === "json"}
      spellcheck={kind !== "json"}
    />
  );
}

function isNumeric(type: unknown): boolean {
  return type === "number" || type === "integer";
}

function hasChoices(schema: JsonSchema): schema is JsonSchema & { enum: unknown[] } {
  return isRecord(schema) && Array.isArray(schema.enum);
}
