import { isRecord } from "../../model/check_options.ts";
import type { ModelReply } from "../../model/message.ts";
import type { ResponseInfo } from "../../model/response_info.ts";
import { readRequestId } from "../http/request_id.ts";

/**
 * Returns the reply with what the SDK reports about it.
 *
 * @param response The SDK's metadata.
 * @param raw The raw answer, if it is kept.
 */
export function withResponse(reply: ModelReply, response: unknown, raw: unknown): ModelReply {
  if (raw === undefined) return reply;
  const { id, modelId, headers } = isRecord(response) ? response : {};
  const requestId = readHeaders(headers);
  const info: ResponseInfo = {
    ...(typeof id === "string" && id !== "" && { id }),
    ...(typeof modelId === "string" && modelId !== "" && { model: modelId }),
    ...(requestId !== undefined && { requestId }),
    raw,
  };
  return { ...reply, response: info };
}

/** Returns a result of the SDK without the request, which holds the prompt. */
export function withoutRequest(result: object): object {
  const { request: _, ...others } = result as { readonly request?: unknown };
  return others;
}

function readHeaders(headers: unknown): string | undefined {
  if (headers === undefined) return undefined;
  try {
    return readRequestId(new Headers(headers as Record<string, string>));
  } catch {
    // A model that does not use HTTP may pass anything.
    return undefined;
  }
}
