/** Recognizes the runtime, and checks its version. */
import process from "node:process";
import type { Runtime } from "../model/runtime.ts";

/** The versions of a runtime and its parts, as in `process.versions`. */
export type Versions = Readonly<Record<string, string | undefined>>;

/** A runtime that the command line supports. */
export type CliRuntime = Exclude<Runtime, "workerd">;

/** The first supported version of Node. */
const MIN_NODE = 22;

/** Returns the runtime. Deno and Bun also report a version of Node. */
export function runtimeOf(versions: Versions = process.versions): CliRuntime {
  if (versions.deno !== undefined) return "deno";
  return versions.bun !== undefined ? "bun" : "node";
}

/** Returns the name of the runtime for people, such as `Node`. */
export function runtimeName(versions?: Versions): string {
  const runtime = runtimeOf(versions);
  return runtime[0]!.toUpperCase() + runtime.slice(1);
}

/** Returns the version of the runtime, such as `24.1.0`. */
export function runtimeVersion(versions: Versions = process.versions): string {
  return versions.deno ?? versions.bun ?? versions.node ?? "unknown";
}

/** Returns why this runtime cannot run the command line; `undefined` if it can. */
export function runtimeProblem(versions: Versions = process.versions): string | undefined {
  const version = runtimeVersion(versions);
  if (runtimeOf(versions) !== "node" || parseInt(version) >= MIN_NODE) return undefined;
  return `Shoal needs Node ${MIN_NODE} or later: this is ${version}`;
}
