import { causeMessage } from "../../model/cause_message.ts";
import { isRecord, refuse } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import { isAiSdkError, redactAll } from "./provider_error.ts";

/**
 * A language model of the AI SDK: a `LanguageModelV4`, `LanguageModelV3` or `LanguageModelV2`. Only
 * the members used here are declared.
 */
export interface AiSdkModel {
  /** The version of the interface: `v4` since version 7 of the SDK, `v3` since 6, `v2` since 5. */
  readonly specificationVersion: "v4" | "v3" | "v2";
  /** The provider's name, such as `openai.chat`. */
  readonly provider: string;
  /** The model's name, as the provider knows it. */
  readonly modelId: string;
  /** Generates a complete reply. */
  // deno-lint-ignore no-explicit-any -- the types differ between the versions of the interface
  doGenerate(options: any): PromiseLike<any>;
  /** Streams a reply. */
  // deno-lint-ignore no-explicit-any
  doStream(options: any): PromiseLike<any>;
}

/**
 * A source of language models by name: a provider of the AI SDK, a registry, a `customProvider`.
 */
export interface AiSdkModels {
  /** Returns the model with the given name. */
  languageModel(name: string): AiSdkModel;
}

/** Returns the model that a request names. */
export type FindModel = (name: string) => AiSdkModel;

const DOING = "use a model of the AI SDK";
const VERSIONS: readonly unknown[] = ["v4", "v3", "v2"];

/** Whether the value is a model, and not a source of models. */
export function isModel(value: unknown): value is AiSdkModel {
  return isRecord(value) && typeof value.doGenerate === "function" &&
    typeof value.doStream === "function";
}

/**
 * Returns a function that finds models by name. Models are cached, as creating one costs more than
 * a call.
 *
 * @throws {TypeError} If `source` is not a model, provider or function.
 */
export function modelFinder(source: unknown): FindModel {
  if (isModel(source)) {
    const problem = versionProblem(source);
    if (problem !== undefined) throw new TypeError(`Cannot ${DOING} as ${problem}`);
    return onlyModel(source);
  }
  const create = modelFactory(source);
  if (create === undefined) {
    refuse(DOING, "its model", "a language model or a provider of the AI SDK", source);
  }
  const models = new Map<string, AiSdkModel>();
  return (name) => {
    let model = models.get(name);
    if (model === undefined) models.set(name, model = checkModel(createModel(create, name), name));
    return model;
  };
}

function createModel(create: (name: string) => unknown, name: string): unknown {
  try {
    return create(name);
  } catch (cause) {
    // The AI SDK's own errors say that there is no such model, or no API key.
    if (isAiSdkError(cause)) throw cause;
    throw new ProviderError(
      `the function that finds the model "${name}" threw: ${redactAll(causeMessage(cause))}`,
      {
        code: "tool",
        retryable: false,
        cause,
      },
    );
  }
}

function modelFactory(source: unknown): ((name: string) => unknown) | undefined {
  // A provider of the AI SDK is a function that also has methods.
  const provider = source as Partial<AiSdkModels> | undefined | null;
  if (typeof provider?.languageModel === "function") return (name) => provider.languageModel!(name);
  return typeof source === "function" ? source as (name: string) => unknown : undefined;
}

/**
 * A single model serves its own name only, so that no other model replies than the one requested.
 */
function onlyModel(model: AiSdkModel): FindModel {
  return (name) => {
    if (name === model.modelId) return model;
    throw noModel(
      `only the model "${model.modelId}" is available, and not "${name}": ` +
        "pass the AI SDK's provider to aiSdk() to use its models by name",
    );
  };
}

function checkModel(model: unknown, name: string): AiSdkModel {
  if (!isModel(model)) throw noModel(`the AI SDK returned no language model for "${name}"`);
  const problem = versionProblem(model);
  if (problem !== undefined) throw noModel(problem);
  return model;
}

function versionProblem({ specificationVersion: version, modelId }: AiSdkModel) {
  if (VERSIONS.includes(version)) return undefined;
  return `the specificationVersion of "${modelId}" must be one of ${VERSIONS.join(", ")}: ` +
    `current value is ${version}; update the package of the model`;
}

function noModel(message: string): ProviderError {
  return new ProviderError(message, { code: "provider", retryable: false });
}
