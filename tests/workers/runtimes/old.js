/** Prints why workers cannot load a TypeScript module. */
import { workers } from "@shoal/agents/workers";

const pool = workers({ module: import.meta.resolve("./agents.ts"), size: 1 });
console.log(await pool.ready().catch(({ message }) => message));
