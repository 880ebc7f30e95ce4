/** Converts `extra` to the options of a call, a message or a part. */
import type { LanguageModelV4CallOptions, SharedV4ProviderOptions } from "@ai-sdk/provider";
import { isRecord } from "../../model/check_options.ts";
import { mergeExtra } from "../http/merge_extra.ts";
import type { AiSdkModel } from "./find_model.ts";
import { reject } from "./reject.ts";

type Extra = Readonly<Record<string, unknown>> | undefined;

/** The options of a call that `extra` may replace. All other names belong to one provider. */
const CALL_OPTIONS: ReadonlySet<string> = new Set(
  [
    "temperature",
    "maxOutputTokens",
    "topP",
    "topK",
    "presencePenalty",
    "frequencyPenalty",
    "stopSequences",
    "seed",
    "reasoning",
    "responseFormat",
    "tools",
    "toolChoice",
    "headers",
    "includeRawChunks",
  ] satisfies (keyof LanguageModelV4CallOptions)[],
);

/**
 * Returns the options of a call with those of `extra`, which replace all others. `tools` are
 * appended, and the members of `headers` are merged. `null` removes an option.
 *
 * @throws {ProviderError} If `extra` has a name that is neither an option nor holds the options of
 * a provider.
 */
export function withExtra(
  call: LanguageModelV4CallOptions,
  extra: Extra,
  model: AiSdkModel,
): LanguageModelV4CallOptions {
  if (extra === undefined) return call;
  const all = Object.entries(extra);
  const own = Object.fromEntries(all.filter(([name]) => CALL_OPTIONS.has(name)));
  const others = Object.fromEntries(all.filter(([name]) => !CALL_OPTIONS.has(name)));
  const merged = mergeExtra(call, own, { objects: ["headers"], lists: ["tools"] });
  return { ...merged, ...providerOptions(others, model) };
}

/**
 * Matches the names of fields of Chat Completions and the Responses API that hold objects. No
 * provider of the AI SDK has such a name.
 */
const WIRE_FIELD = /_|^(?:audio|metadata|modalities|prediction|provider|text|thinking|usage)$/;

/**
 * Returns `providerOptions` with the options by provider, if there are any.
 *
 * @throws {ProviderError} If `extra` holds anything else.
 */
export function providerOptions(
  extra: Extra,
  model: AiSdkModel,
): { readonly providerOptions?: SharedV4ProviderOptions } {
  if (extra === undefined) return {};
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(extra)) {
    if (value === null || value === undefined) continue;
    const isField = WIRE_FIELD.test(name) && !model.provider.startsWith(name);
    // The SDK would ignore it silently.
    if (!isRecord(value) || isField) {
      reject(
        `in extra, "${name}" must hold the options of the AI SDK's provider of that name: ` +
          "`extra: { anthropic: { … } }`",
      );
    }
    if (name !== "providerOptions") options[name] = value;
    else Object.assign(options, providerOptions(value, model).providerOptions);
  }
  if (Object.keys(options).length === 0) return {};
  return { providerOptions: options as SharedV4ProviderOptions };
}
