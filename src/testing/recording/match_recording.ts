import { canonicalJson } from "../../model/canonical_json.ts";
import { maskBytes, maskPath } from "./mask_secrets.ts";
import { decodeBytes } from "./recorded_bytes.ts";
import type { Recording } from "./recording.ts";

/** A request to find an answer for. */
export interface ReplayRequest {
  /** The method, such as `POST`. */
  readonly method: string;
  /** The path below the base URL, with the query. */
  readonly path: string;
  /** The body. */
  readonly body: Uint8Array;
  /** The `content-type`. */
  readonly type: string;
}

/** A recording, and what it is found by. */
interface Entry {
  readonly recording: Recording;
  readonly endpoint: string;
  readonly body: string;
  isUsed: boolean;
}

/** Finds the recording that answers a request. Each is used once, in order. */
export class RecordingMatcher {
  readonly #entries: readonly Entry[];
  readonly #strict: boolean;

  constructor(recordings: readonly Recording[], { strict }: { readonly strict: boolean }) {
    this.#entries = recordings.map((recording) => {
      const { method, path, body, headers = {} } = recording.request;
      const bytes = body === undefined ? new Uint8Array() : decodeBytes(body);
      const type = headers["content-type"] ?? "";
      return {
        recording,
        endpoint: endpointOf(method, path),
        body: normalise(bytes, type),
        isUsed: false,
      };
    });
    this.#strict = strict;
  }

  /** The recordings that have not been used. */
  get unused(): readonly Recording[] {
    return this.#entries.filter(({ isUsed }) => !isUsed).map(({ recording }) => recording);
  }

  /** Returns the recording for a request, or why there is none. */
  find({ method, path, body, type }: ReplayRequest): Recording | string {
    const endpoint = endpointOf(method, path);
    const sameEndpoint = this.#entries.filter((entry) => entry.endpoint === endpoint);
    const text = normalise(body, type);
    const equal = sameEndpoint.filter((entry) => entry.body === text);
    const found = equal.find(({ isUsed }) => !isUsed) ??
      (this.#strict
        ? undefined
        : equal.at(-1) ?? sameEndpoint.find(({ isUsed }) => !isUsed) ?? sameEndpoint.at(-1));
    if (found !== undefined) {
      found.isUsed = true;
      return found.recording;
    }
    if (sameEndpoint.length === 0) return `there is no recording of ${endpoint}`;
    if (equal.length > 0) {
      return `all ${equal.length} recordings of this request to ${endpoint} are used`;
    }
    const nearest = sameEndpoint.find(({ isUsed }) => !isUsed) ?? sameEndpoint[0]!;
    const where = firstDifference(nearest.body, text);
    return `no recording of ${endpoint} has this body: ` +
      `it differs from the next one (index ${nearest.recording.index}) ${where}`;
  }
}

function endpointOf(method: string, path: string): string {
  return `${method} ${maskPath(path.replace(/\?.*/s, ""))}`;
}

/** Returns a text that is equal for bodies that mean the same. */
function normalise(body: Uint8Array, type: string): string {
  const masked = new TextDecoder().decode(maskBytes(body, []));
  try {
    return JSON.stringify(canonicalJson(JSON.parse(masked), (value) => value));
  } catch {
    // The boundary of a form is random.
    const boundary = /boundary="?([^";]+)/.exec(type)?.[1];
    return boundary === undefined ? masked : masked.replaceAll(boundary, "boundary");
  }
}

/** Describes where two bodies differ, without quoting them: they contain prompts. */
function firstDifference(recorded: string, requested: string): string {
  try {
    const path = differingPath(JSON.parse(recorded), JSON.parse(requested), "");
    return `at ${path || "its root"}`;
  } catch {
    let at = 0;
    while (at < recorded.length && recorded[at] === requested[at]) at++;
    return `at character ${at}`;
  }
}

function differingPath(a: unknown, b: unknown, path: string): string | undefined {
  if (Object.is(a, b)) return undefined;
  const areObjects = typeof a === "object" && typeof b === "object" && a !== null && b !== null;
  if (!areObjects || Array.isArray(a) !== Array.isArray(b)) return path;
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key of new Set([...Object.keys(x), ...Object.keys(y)])) {
    const inner = Array.isArray(a) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    if (!Object.hasOwn(x, key) || !Object.hasOwn(y, key)) return inner;
    const found = differingPath(x[key], y[key], inner);
    if (found !== undefined) return found;
  }
  return undefined;
}
