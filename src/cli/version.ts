/**
 * The version of the package. A file of its own, as no runtime but Deno can read `deno.json` from a
 * published package. A test compares it with `deno.json`.
 */
export const VERSION = "0.1.0";
