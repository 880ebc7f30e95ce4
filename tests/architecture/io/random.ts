import { randomBytes } from "node:crypto";

/** Random bytes that are created while this module is loaded. */
export const bytes = randomBytes(1);
