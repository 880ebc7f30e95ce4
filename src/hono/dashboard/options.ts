import {
  checkOptions,
  flag,
  positiveMs,
  refuse,
  type Rule,
  text,
} from "../../model/check_options.ts";

/** What the dashboard shows, and to whom. */
export interface DashboardOptions {
  /**
   * What stands above it.
   *
   * @default {"Shoal"}
   */
  readonly title?: string;
  /**
   * The ids of the principals who may see it. It shows what all callers do, so where they are strangers to each other, name yours.
   *
   * @default Whoever may call
   */
  readonly principals?: readonly string[];
  /**
   * Can agents be called from it? Such calls count against the limits of the principal who has signed in.
   *
   * @default {true}
   */
  readonly calls?: boolean;
  /**
   * How often it is brought up to date, in milliseconds.
   *
   * @default {1_000}
   */
  readonly interval?: number;
}

const principals: Rule = (doing, name, value) => {
  if (!Array.isArray(value)) refuse(doing, name, "a list of ids", value);
  for (const [i, id] of value.entries()) text(doing, `${name}[${i}]`, id);
};

/** The rule for the option `dashboard`. */
export const dashboardRule: Rule = (doing, name, value) => {
  if (typeof value === "boolean") return;
  if (typeof value !== "object") refuse(doing, name, "true, false or an object", value);
  checkOptions(`${doing}: ${name}`, value, {
    title: text,
    principals,
    calls: flag,
    interval: positiveMs,
  });
};
