/** The problems of a request to the OpenAI routes. OpenAI's server answers 400 to all of them. */
import { Problem, type ProblemCode } from "../problem.ts";

const DETAILS = {
  invalid_request: "Cannot answer as the request is not valid",
  unsupported: "Cannot answer as agents do not support all of the request",
  unknown_parameter: "Cannot answer as the request has a field that OpenAI's API does not have",
} satisfies Partial<Record<ProblemCode, string>>;

/** Creates the problem of a field whose value is not valid. */
export function invalidField(message: string, ...path: PropertyKey[]): Problem {
  return problem("invalid_request", message, path);
}

/** Creates the problem of a field for a feature that agents do not have. */
export function unsupportedField(message: string, ...path: PropertyKey[]): Problem {
  return problem("unsupported", message, path);
}

/** Creates the problem of a field that does not exist. */
export function unknownParameter(...path: PropertyKey[]): Problem {
  return problem("unknown_parameter", "there is no such field: check its spelling", path);
}

function problem(code: keyof typeof DETAILS, message: string, path: PropertyKey[]): Problem {
  return new Problem(400, code, DETAILS[code], { issues: [{ message, path }] });
}
