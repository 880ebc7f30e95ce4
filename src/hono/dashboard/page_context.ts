import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { Service } from "../service.ts";
import type { MetricsRecorder } from "./metrics_recorder.ts";

/** What a component gives. */
export type Html = JSX.Element;

/** What pages are made from. */
export interface PageContext {
  /** What the routes share. */
  readonly service: Service;
  /** What the dashboard remembers. */
  readonly recorder: MetricsRecorder;
  /** What stands above it. */
  readonly title: string;
  /** Can agents be called from it? */
  readonly calls: boolean;
  /** How to get from the page to the folder of the dashboard's addresses: wherever it is mounted, and whatever a proxy makes of it. */
  readonly root: string;
  /** Can the person sign out? Not who was let in without signing in here. */
  readonly signedIn: boolean;
}

/** The parts of a page that are kept up to date, by the ids of their places. */
export type Regions = Readonly<Record<string, Child>>;
