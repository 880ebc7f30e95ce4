import {
  checkOptions,
  flag,
  positiveMs,
  refuse,
  type Rule,
  type RulesFor,
  text,
} from "../../model/check_options.ts";

/** Options of the dashboard. */
export interface DashboardOptions {
  /**
   * The title of the pages.
   *
   * @default {"Shoal"}
   */
  readonly title?: string;
  /**
   * The IDs of the principals who may see it. It shows the activity of all callers, so set this if
   * they must not know of each other.
   *
   * @default All authenticated callers
   */
  readonly principals?: readonly string[];
  /**
   * Whether agents can be called from it. Such calls count against the limits of the principal who
   * has signed in.
   *
   * @default {true}
   */
  readonly calls?: boolean;
  /**
   * The time between two updates of the pages, in milliseconds above 0.
   *
   * @default {1_000}
   */
  readonly interval?: number;
}

/** The rule for a list of principals. */
export const principalsRule: Rule = (doing, name, value) => {
  if (!Array.isArray(value)) refuse(doing, name, "a list of IDs", value);
  for (const [i, id] of value.entries()) text(doing, `${name}[${i}]`, id);
};

const DASHBOARD_RULES: RulesFor<DashboardOptions> = {
  title: text,
  principals: principalsRule,
  calls: flag,
  interval: positiveMs,
};

/** The rule for the option `dashboard`. */
export const dashboardRule: Rule = (doing, name, value) => {
  if (typeof value === "boolean") return;
  if (typeof value !== "object") refuse(doing, name, "true, false or an object", value);
  checkOptions(`${doing}: ${name}`, value, DASHBOARD_RULES);
};
