import { readFileSync } from "node:fs";
import { isRecord } from "../../model/check_options.ts";
import type { Recording } from "./recording.ts";

/**
 * Reads the recordings of a file, in the order in which their requests were sent.
 *
 * @throws {TypeError} If a line is not a recording.
 */
export function readRecordings(file: string | URL): Recording[] {
  const lines = readFileSync(file, "utf8").split("\n");
  const recordings = lines.flatMap((line, i) =>
    line.trim() === "" ? [] : [parseRecording(line, `${file}:${i + 1}`)]
  );
  // Exchanges are written when they end. The sort is stable, as files may have been joined.
  return recordings.sort((a, b) => a.index - b.index);
}

function parseRecording(line: string, place: string): Recording {
  const refuse = (why: string) => {
    throw new TypeError(`Cannot replay as ${place} is not a recording: ${why}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    refuse("it is not JSON");
  }
  if (!isRecord(value)) return refuse("it is not an object") as never;
  if (value.version !== 1) refuse(`its version is ${value.version}, and this is version 1`);
  const { request, response } = value;
  if (
    !isRecord(request) || typeof request.method !== "string" || typeof request.path !== "string"
  ) {
    refuse("it has no request with a method and a path");
  }
  const isAnswered = isRecord(response) && typeof response.status === "number" &&
    Array.isArray(response.chunks);
  if (response !== undefined && !isAnswered) refuse("its response has no status or no chunks");
  return { index: 0, ...value } as unknown as Recording;
}
