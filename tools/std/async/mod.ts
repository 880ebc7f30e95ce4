export * from "./abortable.ts";
export * from "./channel.ts";
export * from "./deadline.ts";
export * from "./delay.ts";
export * from "./pool.ts";
