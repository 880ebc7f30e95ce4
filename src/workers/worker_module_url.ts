/** Finds the module that a pool's workers load. */
import process from "node:process";
import { pathToFileURL } from "node:url";
import { refuse } from "../model/check_options.ts";

const MUST = 'a URL, as from import.meta.resolve("./agents.ts"), or an absolute path';
/** `c:\agents.ts`, `c:/agents.ts` and `\\server\agents.ts`. The first looks like a URL. */
const WINDOWS_PATH = /^(?:[a-z]:[\\/]|\\\\)/i;

/**
 * Returns the URL of a module that is given by a URL or an absolute path. A relative path is
 * rejected, as it may mean another folder than that of the module that contains it.
 *
 * @throws {TypeError} If it is neither, or this runtime cannot load such a URL.
 */
export function workerModuleUrl(doing: string, name: string, module: unknown): string {
  if (module instanceof URL) return checkProtocol(doing, name, module);
  if (typeof module !== "string") refuse(doing, name, MUST, module);
  if (WINDOWS_PATH.test(module)) return pathToFileURL(module, { windows: true }).href;
  if (module.startsWith("/")) return pathToFileURL(module).href;
  if (!URL.canParse(module)) refuse(doing, name, MUST, module);
  return checkProtocol(doing, name, new URL(module));
}

/** Only Deno loads modules from servers and registries. */
function checkProtocol(doing: string, name: string, url: URL): string {
  const { protocol, href } = url;
  if (process.versions.deno === undefined && !["file:", "data:"].includes(protocol)) {
    refuse(doing, name, "a file, as only Deno loads other URLs", href);
  }
  return href;
}
