/** What a model of the AI SDK leaves out. */
import { isRecord } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import type { Usage } from "../../model/usage.ts";
import type { AiSdkModel } from "./find_model.ts";

/** Something that a model of the AI SDK does not support, or not as it was asked for. */
export interface AiSdkWarning {
  /** The model. */
  readonly model: string;
  /** What kind of warning it is: `unsupported`, `compatibility`, `deprecated` or `other`; models of older versions have more. */
  readonly type: string;
  /** What it is about, in the SDK's words, such as `responseFormat`. */
  readonly feature?: string;
  /** What the model says about it. */
  readonly message?: string;
}

/**
 * Tells the warnings, one by one.
 *
 * @throws {ProviderError} With the code `tool`, if that throws.
 */
export function warn(
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
      throw new ProviderError("onWarning threw: see the cause", {
        code: "tool",
        retryable: false,
        usage,
        cause,
      });
    }
  }
}
