import { connectionFailure } from "../../../model/connection_failure.ts";

/** A connection that could not be opened, or that broke. */
export class ConnectionError extends Error {
  /** Wraps the error of a driver. */
  constructor(cause: unknown) {
    super(connectionFailure(cause), { cause });
  }
}
