/**
 * Whether timers, signals and streams belong to the request that created them, as on Cloudflare
 * Workers. There, no other request may use them, they end with their request, and none can be
 * created while modules are loaded.
 */
export const IO_PER_REQUEST: boolean = globalThis.navigator?.userAgent === "Cloudflare-Workers";
