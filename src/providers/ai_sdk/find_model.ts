/** What can be handed over in the AI SDK's words, and which of its models a name stands for. */
import { isRecord, refuse } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import { isMarked } from "./provider_error.ts";

/** A language model of the AI SDK, as far as it matters here: a `LanguageModelV4`, `LanguageModelV3` or `LanguageModelV2`. */
export interface AiSdkModel {
  /** The version of the interface: `v4` came with version 7 of the SDK, `v3` with 6, `v2` with 5. */
  readonly specificationVersion: "v4" | "v3" | "v2";
  /** The provider's name, such as `openai.chat`. */
  readonly provider: string;
  /** The model's name, as the provider knows it. */
  readonly modelId: string;
  /** Answers at once, whole. */
  // deno-lint-ignore no-explicit-any -- whatever the versions of the interface take and give
  doGenerate(options: any): PromiseLike<any>;
  /** Answers piece by piece. */
  // deno-lint-ignore no-explicit-any
  doStream(options: any): PromiseLike<any>;
}

/** Something of the AI SDK that has language models by name: each of its providers, a registry, a `customProvider`. */
export interface AiSdkModels {
  /** The model of that name. */
  languageModel(name: string): AiSdkModel;
}

/** Finds the model that a request names. */
export type FindModel = (name: string) => AiSdkModel;

const DOING = "ask a model of the AI SDK";
const VERSIONS: readonly unknown[] = ["v4", "v3", "v2"];

/** Is it a model, and not something that has models? */
export function isModel(value: unknown): value is AiSdkModel {
  return isRecord(value) && typeof value.doGenerate === "function" &&
    typeof value.doStream === "function";
}

/**
 * How the model of a request is found. Models are kept by name, since to make one costs more than to ask it.
 *
 * @throws {TypeError} If there is no way to find one.
 */
export function finder(source: unknown): FindModel {
  if (isModel(source)) {
    const problem = versionProblem(source);
    if (problem !== undefined) throw new TypeError(`Cannot ${DOING} as ${problem}`);
    return only(source);
  }
  const find = factoryIn(source);
  if (find === undefined) {
    refuse(DOING, "its model", "a language model or a provider of the AI SDK", source);
  }
  const models = new Map<string, AiSdkModel>();
  return (name) => {
    let model = models.get(name);
    if (model === undefined) models.set(name, model = checked(found(find, name), name));
    return model;
  };
}

function found(find: (name: string) => unknown, name: string): unknown {
  try {
    return find(name);
  } catch (cause) {
    // The AI SDK says itself that it has no such model, or no key.
    if (isMarked(cause)) throw cause;
    throw new ProviderError(`what finds the model "${name}" threw: see the cause`, {
      code: "tool",
      retryable: false,
      cause,
    });
  }
}

function factoryIn(source: unknown): ((name: string) => unknown) | undefined {
  // A provider of the AI SDK is a function that has functions.
  const provider = source as Partial<AiSdkModels> | undefined | null;
  if (typeof provider?.languageModel === "function") return (name) => provider.languageModel!(name);
  return typeof source === "function" ? source as (name: string) => unknown : undefined;
}

/** A single model answers for its own name only: nobody shall be answered by a model that was not asked. */
function only(model: AiSdkModel): FindModel {
  return (name) => {
    if (name === model.modelId) return model;
    throw noModel(
      `it can ask only "${model.modelId}", and not "${name}": hand the AI SDK's provider to aiSdk(), and models are found by name`,
    );
  };
}

function checked(model: unknown, name: string): AiSdkModel {
  if (!isModel(model)) throw noModel(`the AI SDK gave no language model for "${name}"`);
  const problem = versionProblem(model);
  if (problem !== undefined) throw noModel(problem);
  return model;
}

function versionProblem({ specificationVersion: version, modelId }: AiSdkModel) {
  if (VERSIONS.includes(version)) return undefined;
  return `the specificationVersion of "${modelId}" must be one of ${VERSIONS.join(", ")}: ` +
    `current value is ${version}; update the package that it is from`;
}

function noModel(message: string): ProviderError {
  return new ProviderError(message, { code: "provider", retryable: false });
}
