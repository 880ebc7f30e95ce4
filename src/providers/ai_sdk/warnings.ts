import { causeMessage } from "../../model/cause_message.ts";
import { isRecord } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import type { Usage } from "../../model/usage.ts";
import type { AiSdkModel } from "./find_model.ts";
import { redactAll } from "./provider_error.ts";

/** A warning about a feature that a model of the AI SDK does not support, or not as requested. */
export interface AiSdkWarning {
  /** The model's name. */
  readonly model: string;
  /**
   * The kind of warning: `unsupported`, `compatibility`, `deprecated` or `other`. Models of older
   * versions have more.
   */
  readonly type: string;
  /** The SDK's name of the feature, such as `responseFormat`. */
  readonly feature?: string;
  /** The model's explanation. */
  readonly message?: string;
}

/**
 * Calls `onWarning` with each of the warnings.
 *
 * @throws {ProviderError} With the code `tool` if `onWarning` throws.
 */
export function reportWarnings(
  onWarning: ((warning: AiSdkWarning) => void) | undefined,
  { modelId }: AiSdkModel,
  warnings: readonly unknown[] | undefined,
  usage?: Usage,
): void {
  if (onWarning === undefined || !Array.isArray(warnings)) return;
  for (const warning of warnings.filter(isRecord)) {
    const feature = warning.feature ?? warning.setting ??
      (warning.tool as { name?: unknown })?.name;
    const message = warning.message ?? warning.details;
    try {
      onWarning({
        model: modelId,
        type: String(warning.type),
        ...(typeof feature === "string" && { feature }),
        ...(typeof message === "string" && { message }),
      });
    } catch (cause) {
      throw new ProviderError(`onWarning threw: ${redactAll(causeMessage(cause))}`, {
        code: "tool",
        retryable: false,
        usage,
        cause,
      });
    }
  }
}
