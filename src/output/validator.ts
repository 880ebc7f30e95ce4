import type { Issue } from "../model/errors.ts";

/** The outcome of a check. */
export type Validated =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Checks a value. It rejects with what the schema throws. */
export type Validator = (value: unknown) => Promise<Validated>;
