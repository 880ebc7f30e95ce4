// The published source of this module on npm; see tools/std/README.md.
// @ts-types="./deadline.d.ts"
export * from "npm:deno-std@1.4.0/async/deadline.js";
