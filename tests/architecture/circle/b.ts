import { A } from "./a.ts";

/** Reads `A` later only. */
export const B = { a: () => A };
