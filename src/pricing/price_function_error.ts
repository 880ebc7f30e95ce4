/** Thrown if the function `prices` throws, or returns something other than a cost. */
export class PriceFunctionError extends Error {
  /** The name of the error class. */
  override readonly name = "PriceFunctionError";
}
