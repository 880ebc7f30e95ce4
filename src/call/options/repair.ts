import {
  checkOptions,
  isRecord,
  refuse,
  type Rule,
  wholeNumber,
} from "../../model/check_options.ts";

/** Options for repairing an answer that does not match its schema. */
export interface RepairOptions {
  /**
   * The maximum number of repair requests per model: a whole number, 0 or more. 0 disables repair.
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
