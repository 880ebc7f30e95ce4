import {
  checkOptions,
  isRecord,
  refuse,
  type Rule,
  wholeNumber,
} from "../../model/check_options.ts";

/** How often an answer that does not fit its schema is asked for again. */
export interface RepairOptions {
  /**
   * How often at most, by each model that is asked; 0 takes no answer but the first.
   *
   * @default {1}
   */
  readonly max?: number;
}

/** The rule for an option `repair`. */
export const repair: Rule = (doing, name, value) => {
  if (typeof value === "number") return wholeNumber(doing, name, value);
  if (!isRecord(value)) refuse(doing, name, "a whole number or an object", value);
  checkOptions(`${doing}: ${name}`, value, { max: wholeNumber });
};
