import { IO_PER_REQUEST } from "./io_per_request.ts";

/** The maximum time to wait for another request, in milliseconds: it may have ended. */
const MAX_WAIT = 1_000;

/**
 * Returns a function that runs the work in this request, whichever request calls it. The work runs
 * once. If this request has ended, it does not run, and the function resolves after a second.
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
