import { posix, win32 } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

/** A reference to an agent, such as `agents.ts#Name`. */
export interface AgentReference {
  /** The path or the URL of the module. */
  readonly file: string;
  /** The name of the agent; absent if the module exports only one. */
  readonly name?: string;
}

/** Splits a reference at the last `#`, unless that is a part of the path: `c#/agents.ts`. */
export function splitReference(reference: string): AgentReference {
  const [, file, name] = /^(.*)#([^/\\]*)$/s.exec(reference) ?? [];
  return file === undefined ? { file: reference } : { file, name };
}

/** The schemes of URLs that runtimes import. Anything else, such as `c:\agents.ts`, is a path. */
const URL_SCHEME = /^(?:file|https?|npm|jsr|data|node):/i;

/** Returns the URL of the module in a reference. A path is relative to the working directory. */
export function moduleUrl(reference: string, platform: string = process.platform): string {
  const { file } = splitReference(reference);
  if (URL_SCHEME.test(file)) return file;
  const windows = platform === "win32";
  return pathToFileURL((windows ? win32 : posix).resolve(file), { windows }).href;
}
