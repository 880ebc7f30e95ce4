// @ts-types="./channel.d.ts"
export * from "./channel.js";
