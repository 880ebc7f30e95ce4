import type { Service } from "../service.ts";
import type { Html } from "./html.ts";
import type { MetricsRecorder } from "./metrics_recorder.ts";

/** The context that pages and their components are rendered with. */
export interface PageContext {
  /** The state that all routes share. */
  readonly service: Service;
  /** The recorded figures. */
  readonly recorder: MetricsRecorder;
  /** The title of the dashboard. */
  readonly title: string;
  /** Whether agents can be called from it. */
  readonly calls: boolean;
  /** The relative URL of the dashboard's folder: valid at any mount path and behind any proxy. */
  readonly root: string;
  /** Whether there is a session to sign out of: not if `auth` recognized the request itself. */
  readonly signedIn: boolean;
}

/** The live regions of a page, by the IDs of their elements. */
export type Regions = Readonly<Record<string, Html>>;
