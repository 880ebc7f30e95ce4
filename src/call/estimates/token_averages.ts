/** The mean tokens of an agent's requests and answers. Attempts reserve them from rate limits. */
import { DEFAULT_OUTPUT_TOKENS } from "../../limits/answer_history.ts";
import { estimateTokens } from "../../model/estimate_tokens.ts";
import { plainUsage, type Usage } from "../../model/usage.ts";
import type { Outgoing } from "../outgoing.ts";

/**
 * Answers are usually as long as earlier ones, and the texts of an agent usually have the same
 * number of tokens per character.
 */
export function expectedUsage(
  { request, agent: { tokenAverages } }: Outgoing,
  estimate: number,
): Usage {
  const outputTokens = tokenAverages.outputTokens ??
    Math.min(request.settings.maxTokens ?? Infinity, DEFAULT_OUTPUT_TOKENS);
  return plainUsage(inputTokensOf(tokenAverages, estimate), Math.ceil(outputTokens));
}

/**
 * Estimates the usage of an answer of which a number of characters has arrived, at four characters
 * per token.
 */
export function estimatedUsageSoFar(
  { request, agent: { tokenAverages } }: Outgoing,
  characters: number,
): Usage {
  const inputTokens = inputTokensOf(tokenAverages, estimateTokens(request.messages));
  return plainUsage(inputTokens, Math.ceil(characters / 4));
}

function inputTokensOf(
  { inputEstimateRatio = 1 }: Outgoing["agent"]["tokenAverages"],
  estimate: number,
): number {
  return Math.ceil(estimate * inputEstimateRatio);
}

/** Updates the token averages of the agent. */
export function updateAverages(
  { agent: { tokenAverages } }: Outgoing,
  estimate: number,
  { inputTokens, outputTokens }: Usage,
): void {
  tokenAverages.outputTokens = smoothed(tokenAverages.outputTokens, outputTokens);
  if (estimate > 0) {
    tokenAverages.inputEstimateRatio = smoothed(
      tokenAverages.inputEstimateRatio,
      inputTokens / estimate,
    );
  }
}

function smoothed(mean: number | undefined, value: number): number {
  return mean === undefined ? value : 0.9 * mean + 0.1 * value;
}
