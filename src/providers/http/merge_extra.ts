import { isRecord } from "../../model/check_options.ts";

/** The fields of a body whose members or items are merged with those of `extra`. */
export interface MergedFields {
  /** Objects: each member of `extra` replaces one, and `null` removes one. */
  readonly objects?: readonly string[];
  /** Lists: those of `extra` are appended. */
  readonly lists?: readonly string[];
}

/**
 * Returns the object with the fields of `extra`, which replace its own. `null` removes a field, and
 * `undefined` counts as absent.
 *
 * @param merged The fields that are merged and not replaced.
 */
export function mergeExtra<T extends object>(
  body: T,
  extra: Readonly<Record<string, unknown>> | undefined,
  { objects = [], lists = [] }: MergedFields = {},
): T {
  if (extra === undefined) return body;
  const all = { ...body } as Record<string, unknown>;
  for (const [name, value] of Object.entries(extra)) {
    if (value === undefined) continue;
    const own = all[name];
    if (value === null) delete all[name];
    else if (objects.includes(name) && isRecord(own) && isRecord(value)) {
      all[name] = mergeExtra(own, value);
    } else if (lists.includes(name) && Array.isArray(own) && Array.isArray(value)) {
      all[name] = [...own, ...value.filter((item) => !own.includes(item))];
    } else all[name] = value;
  }
  return all as T;
}
