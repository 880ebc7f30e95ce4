/**
 * Forbids what Cloudflare Workers forbid while modules are loaded: timers, random numbers,
 * requests, and what belongs to a request, such as signals.
 */

/** Replaces members by ones that throw. */
function forbid(target: object, name: string, members: readonly string[]): void {
  for (const member of members) {
    // A constructor, or a function that is called.
    const thrower = function (): never {
      throw new Error(`${name}${member} is not allowed while modules are loaded`);
    };
    Object.defineProperty(target, member, { value: thrower, configurable: true, writable: true });
  }
}

/** Forbids it in this realm, for good. */
export function forbidIo(): void {
  forbid(globalThis, "", [
    "AbortController",
    "BroadcastChannel",
    "MessageChannel",
    "TransformStream",
    "WebSocket",
    "Worker",
    "WritableStream",
    "clearInterval",
    "clearTimeout",
    "fetch",
    "setInterval",
    "setTimeout",
  ]);
  forbid(AbortSignal, "AbortSignal.", ["abort", "any", "timeout"]);
  // Deno's node:crypto calls these, too.
  forbid(globalThis.crypto, "crypto.", ["getRandomValues", "randomUUID"]);
  forbid(globalThis.crypto.subtle, "crypto.subtle.", ["digest", "generateKey", "importKey"]);
}
