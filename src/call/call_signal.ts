import { ChildAbort } from "../async/abort.ts";
import { IO_PER_REQUEST } from "../async/io_per_request.ts";
import type { Candidate } from "./candidates.ts";
import type { CallContext } from "./context.ts";
import type { CallOptions } from "./options/options.ts";

let neverAborted: AbortSignal | undefined;

/** Returns a signal for a call that nothing ever ends. */
export function neverAbortedSignal(): AbortSignal {
  if (IO_PER_REQUEST) return new AbortController().signal;
  return neverAborted ??= new AbortController().signal;
}

/**
 * What ends the call early, if it must have a signal of its own: because there is more than one
 * thing that may end it, or because code of the caller's gets the signal, which may listen to it
 * and never let go. Otherwise the signal of the run will do for all of its calls.
 */
export function callSignal(
  { limits: { total } }: Candidate,
  options: CallOptions,
  context: CallContext,
  { hooked }: { readonly hooked: boolean },
): ChildAbort | undefined {
  const both = context.signal !== undefined && options.signal !== undefined;
  if (total === undefined && !both && !hooked) return undefined;
  const limit = new ChildAbort(context.signal, options.signal);
  limit.abortAfter(total, "timeout.total passed: it was not finished");
  return limit;
}
