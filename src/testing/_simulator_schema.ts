/**
 * Makes a value that fits a JSON Schema, and that makes sense beside the text it is about.
 */
import { categoryOf, isToxic, moodOf, summarise } from "./_lexicon.ts";
import { answerTask, type Task, wordLimit } from "./_lexicon_task.ts";
import { textLike } from "./_simulator_pattern.ts";

type Schema = Readonly<Record<string, unknown>>;

/** Beyond this depth only what is required is made, so that recursive schemas end. */
const DEEP = 5;

/** The value; unknown keywords of the schema are passed over. */
export function fitSchema(schema: unknown, task: Task): unknown {
  return new Maker(isSchema(schema) ? schema : {}, task).make(schema, "", 0);
}

class Maker {
  constructor(readonly root: Schema, readonly task: Task) {}

  make(from: unknown, name: string, depth: number): unknown {
    if (!isSchema(from)) return from === false ? null : answerTask(this.task);
    const schema = this.#resolve(from);
    if ("const" in schema) return schema.const;
    if (Array.isArray(schema.enum)) return this.#choose(schema.enum);
    const choices = schema.anyOf ?? schema.oneOf;
    if (Array.isArray(choices) && choices.length > 0) {
      const { anyOf: _a, oneOf: _o, ...base } = schema;
      const open = choices.map((one) => isSchema(one) ? this.#resolve(one) : one);
      const end = depth > DEEP ? open.find((one) => isSchema(one) && isFlat(one)) : undefined;
      return this.make(merge(base, isSchema(end ?? open[0]) ? (end ?? open[0]) : {}), name, depth);
    }
    switch (typeOf(schema, depth)) {
      case "object":
        return this.#object(schema, depth);
      case "array":
        return this.#array(schema, name, depth);
      case "number":
      case "integer":
        return this.#number(schema, name);
      case "boolean":
        return this.#flag(name);
      case "null":
        return null;
      default:
        return this.#text(schema, name);
    }
  }

  /** Follows references and folds `allOf` in. */
  #resolve(schema: Schema): Schema {
    let found = schema;
    for (let hops = 0; typeof found.$ref === "string" && hops < 32; hops++) {
      const { $ref, ...beside } = found;
      found = merge(beside, this.#look($ref as string));
    }
    if (!Array.isArray(found.allOf)) return found;
    const { allOf, ...base } = found;
    return (allOf as unknown[]).filter(isSchema)
      .reduce<Schema>((sum, part) => merge(sum, this.#resolve(part)), base);
  }

  #look(ref: string): Schema {
    let at: unknown = this.root;
    for (const key of ref.replace(/^#\/?/, "").split("/").filter((part) => part !== "")) {
      const name = decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~");
      at = isSchema(at) || Array.isArray(at) ? (at as Schema)[name] : undefined;
    }
    return isSchema(at) ? at : {};
  }

  #object(schema: Schema, depth: number): Record<string, unknown> {
    const properties = isSchema(schema.properties) ? schema.properties : {};
    const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
    const names = depth > DEEP ? required : new Set([...Object.keys(properties), ...required]);
    const made: Record<string, unknown> = {};
    for (const name of names) {
      const value = this.make(
        properties[name] ?? schema.additionalProperties ?? {},
        name,
        depth + 1,
      );
      Object.defineProperty(made, name, {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    for (let i = 1; Object.keys(made).length < Number(schema.minProperties ?? 0); i++) {
      made[`key${i}`] = this.make(schema.additionalProperties ?? {}, "", depth + 1);
    }
    return made;
  }

  #array(schema: Schema, name: string, depth: number): unknown[] {
    const least = Number(schema.minItems ?? 0);
    const fixed = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
    const wanted = depth > DEEP ? least : Math.max(least, fixed.length, 1);
    const items = isSchema(schema.items) ? this.#resolve(schema.items) : schema.items;
    const length = items === false
      ? fixed.length
      : Math.min(wanted, Number(schema.maxItems ?? Infinity));
    const all = isSchema(items) && Array.isArray(items.enum) ? items.enum : undefined;
    return Array.from({ length }, (_, i) => {
      if (i < fixed.length) return this.make(fixed[i], name, depth + 1);
      if (all && i > 0) return rotated(all, this.#choose(all))[i % all.length];
      const made = this.make(items ?? {}, name, depth + 1);
      if (i === 0 || schema.uniqueItems !== true) return made;
      if (typeof made === "number") return made + i;
      return typeof made === "string" ? `${made} ${i + 1}` : made;
    });
  }

  #number(schema: Schema, name: string): number {
    const whole = schema.type === "integer" || Number.isInteger(schema.multipleOf);
    const step = Number(schema.multipleOf ?? (whole ? 1 : 0));
    const gap = step || 1e-3;
    let low = Math.max(
      bound(schema.minimum, -Infinity),
      bound(schema.exclusiveMinimum, -Infinity) + gap,
    );
    let high = Math.min(
      bound(schema.maximum, Infinity),
      bound(schema.exclusiveMaximum, Infinity) - gap,
    );
    if (low === -Infinity) low = high === Infinity ? 0 : Math.min(0, high);
    if (high === Infinity) high = Math.max(low, /star|rating/i.test(name) ? 5 : 1);
    const { score } = moodOf(this.task.text);
    const share = /confiden|certain|probab/i.test(name)
      ? 0.9
      : /score|sentiment|rating|stars|polarity/i.test(name)
      ? 0.5 + Math.max(-0.5, Math.min(0.5, score / 4))
      : 0.5;
    const value = low + (high - low) * share;
    if (step === 0) return Math.max(low, Math.min(high, Math.round(value * 1000) / 1000));
    const stepped = Math.round(value / step) * step;
    if (stepped > high) return Math.floor(high / step) * step;
    return stepped < low ? Math.ceil(low / step) * step : stepped;
  }

  #flag(name: string): boolean {
    if (/toxic|offensive|abusive|insult|hate|spam/i.test(name)) return isToxic(this.task.text);
    if (/negative|complain|refund|urgent/i.test(name)) return moodOf(this.task.text).score < 0;
    return moodOf(this.task.text).score >= 0;
  }

  #text(schema: Schema, name: string): string {
    const format = FORMATS[String(schema.format)];
    if (format !== undefined) return format;
    if (typeof schema.pattern === "string") return textLike(schema.pattern);
    const [least, most] = [Number(schema.minLength ?? 0), Number(schema.maxLength ?? Infinity)];
    let text = this.#say(name);
    while (text.length < least) text += text === "" ? "word" : ` ${text}`;
    return text.length > most
      ? text.slice(0, most).trimEnd().padEnd(Math.min(least, most), ".")
      : text;
  }

  /** What a text of that name should say. */
  #say(name: string): string {
    const { text, instruction } = this.task;
    if (/summar|headline|title|tldr|gist/i.test(name)) {
      return summarise(text, wordLimit(instruction));
    }
    if (/sentiment|mood|polarity/i.test(name)) {
      return answerTask({ ...this.task, kind: "sentiment" });
    }
    if (/categor|topic/i.test(name)) return answerTask({ ...this.task, kind: "category" });
    if (/language|locale/i.test(name)) return "en";
    if (/reason|explan|rationale|why/i.test(name)) {
      return `The text reads as ${moodOf(text).label}.`;
    }
    return answerTask(this.task);
  }

  #choose(values: readonly unknown[]): unknown {
    const { text, kind } = this.task;
    const texts = values.filter((value): value is string => typeof value === "string");
    if (texts.length === 0) return values[0];
    const mood = moodOf(text).label;
    const moods = texts.filter((value) => MOODS.some(([, pattern]) => pattern.test(value)));
    if (moods.length > 1) {
      const like = (label: string) => moods.find((value) => named(label)?.test(value));
      return like(mood) ?? like("neutral") ?? like("mixed") ?? moods[0];
    }
    if (kind === "toxicity" || texts.some((value) => /toxic/i.test(value))) {
      const bad = texts.find((value) => /^(?:toxic|yes|unsafe|offensive)/i.test(value));
      const fine = texts.find((value) => value !== bad);
      return (isToxic(text) ? bad : fine) ?? texts[0];
    }
    return categoryOf(this.task, texts);
  }
}

const MOODS: readonly (readonly [string, RegExp])[] = [
  ["positive", /^(?:very[ _-]?)?(?:pos|good|happy|satisfied|👍)/iu],
  ["negative", /^(?:very[ _-]?)?(?:neg|bad|unhappy|dissatisfied|👎)/iu],
  ["neutral", /^neutr/i],
  ["mixed", /^mixed/i],
];

const FORMATS: Readonly<Record<string, string>> = {
  "date-time": "2026-01-15T12:00:00Z",
  date: "2026-01-15",
  time: "12:00:00Z",
  duration: "P1D",
  email: "someone@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com/",
  url: "https://example.com/",
  uuid: "123e4567-e89b-42d3-a456-426614174000",
};

function named(label: string): RegExp | undefined {
  return MOODS.find(([name]) => name === label)?.[1];
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFlat(schema: Schema): boolean {
  return !["object", "array"].includes(String(schema.type)) && !("$ref" in schema);
}

/** The type to make: the first that is listed, or the one that the other keywords speak of. */
function typeOf(schema: Schema, depth: number): unknown {
  if (Array.isArray(schema.type)) {
    if (depth > DEEP && schema.type.includes("null")) return "null";
    return schema.type.find((type) => type !== "null") ?? "null";
  }
  if (schema.type !== undefined) return schema.type;
  if ("properties" in schema || "required" in schema) return "object";
  if ("items" in schema || "prefixItems" in schema) return "array";
  return "minimum" in schema || "maximum" in schema ? "number" : "string";
}

function merge(a: Schema, b: Schema): Schema {
  const merged: Record<string, unknown> = { ...a, ...b };
  if (isSchema(a.properties) && isSchema(b.properties)) {
    merged.properties = { ...a.properties, ...b.properties };
  }
  if (Array.isArray(a.required) && Array.isArray(b.required)) {
    merged.required = [...a.required, ...b.required];
  }
  return merged;
}

function rotated(all: readonly unknown[], first: unknown): unknown[] {
  const at = Math.max(0, all.indexOf(first));
  return [...all.slice(at), ...all.slice(0, at)];
}

function bound(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
