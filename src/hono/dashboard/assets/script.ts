/**
 * What the pages do in the browser: they stay up to date, and call agents. It is plain JavaScript, sent as it stands, as there is no build
 * step. What comes from agents is only ever set as text; what is set as HTML comes from the server's own components, which escape.
 */
import { CALL_SCRIPT } from "./call_script.ts";
import { LIVE_SCRIPT } from "./live_script.ts";

/** The whole script. */
export const SCRIPT = `"use strict";\n${LIVE_SCRIPT}${CALL_SCRIPT}`;
