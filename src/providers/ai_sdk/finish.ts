import { isRecord } from "../../model/check_options.ts";

/** Why a model stopped: the AI SDK's unified reason, and the server's own. */
export interface Finish {
  /** The unified reason of the AI SDK. */
  readonly unified: string;
  /** The reason in the words of the server, if it sent one. */
  readonly raw?: string;
}

/** The unified reasons where the server gave none. */
const UNKNOWN_REASONS: ReadonlySet<string> = new Set(["other", "unknown"]);

/** Whether the connection was cut off, so that there is no finish reason of the server. */
export function isCutOff({ unified, raw }: Finish): boolean {
  return unified === "interrupted" || (raw === undefined && UNKNOWN_REASONS.has(unified));
}

/** Reads a reason, in any version of the interface. */
export function readFinish(reason: unknown): Finish {
  if (typeof reason === "string") return { unified: reason };
  const { unified, raw } = isRecord(reason) ? reason : {};
  return {
    unified: typeof unified === "string" ? unified : "unknown",
    raw: typeof raw === "string" && raw !== "" ? raw : undefined,
  };
}

/** Reads the reason of a complete response: some servers send an empty one. */
export function readCompleteFinish(reason: unknown): Finish {
  const finish = readFinish(reason);
  const isEmpty = isRecord(reason) && reason.raw === "" && UNKNOWN_REASONS.has(finish.unified);
  return isEmpty ? { unified: "stop" } : finish;
}
