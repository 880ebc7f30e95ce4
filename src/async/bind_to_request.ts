import { IO_PER_REQUEST } from "./io_per_request.ts";

/** How long another request is waited for, in milliseconds: it may have ended. */
const MAX_WAIT = 1_000;

/**
 * Returns a function that does the work in this request, whichever request calls it. The work is
 * done once. If this request has ended, the function waits for a second in vain.
 */
export function bindToRequest(work: () => Promise<void>): () => Promise<void> {
  if (!IO_PER_REQUEST) return work;
  // The reaction to a promise runs in the request that has created the promise.
  const called = Promise.withResolvers<void>();
  const done = called.promise.then(work);
  return () =>
    new Promise((resolve) => {
      setTimeout(resolve, MAX_WAIT);
      done.then(resolve, () => resolve());
      called.resolve();
    });
}
