/**
 * Must the server hold the model to the schema, word for word? Servers that can do so allow only some schemas then (every member
 * required, none beside them), so it is only sent when somebody said it.
 */
export function readStrictFlag(spec: object): { strict?: boolean } {
  const { strict } = spec as { readonly strict?: unknown };
  return typeof strict === "boolean" ? { strict } : {};
}
