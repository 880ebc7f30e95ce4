import { B } from "./b.ts";

/** Reads `B` at once: that fails if `b.ts` was imported first. */
export const A = { b: B };
