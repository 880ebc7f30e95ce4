/**
 * The script of the pages: live updates and the form to call agents. It is plain JavaScript, as
 * there is no build step. Output of agents is only ever inserted as text; inserted HTML comes from
 * the server's own components, which escape it.
 */
import { CALL_SCRIPT } from "./call_script.ts";
import { LIVE_SCRIPT } from "./live_script.ts";

/** The script of all pages. */
export const SCRIPT = `"use strict";\n${LIVE_SCRIPT}${CALL_SCRIPT}`;
