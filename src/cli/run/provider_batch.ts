/** Calls by the provider's batch files, for half the price. */
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Prices } from "../../../mod.ts";
import {
  openaiBatch,
  type OpenAIBatchProvider,
} from "../../providers/openai/batch/openai_batch.ts";
import { costOf } from "../../pricing/prices.ts";
import { scaleCost } from "../../pricing/public_list.ts";
import { CliError, errorMessage, hasCode } from "../cli_error.ts";
import { showDuration, showInteger } from "../format.ts";
import { nameFlags } from "../option_flags.ts";
import type { RunFolder } from "./run_folder.ts";

/** Options of {@linkcode createBatchProvider}. */
export interface BatchProviderOptions {
  /**
   * The URL of the server.
   *
   * @default OPENAI_BASE_URL, or OpenAI
   */
  readonly baseUrl?: string;
  /** The time between two polls of a batch, in milliseconds. */
  readonly poll: number;
  /** The folder that records the batches. */
  readonly folder: RunFolder;
  /** Called when a batch changes. */
  readonly log: (text: string) => void;
}

/** Creates a provider that uses batch files, and continues with those of an earlier start. */
export function createBatchProvider(
  { baseUrl, poll, folder, log }: BatchProviderOptions,
): OpenAIBatchProvider {
  try {
    return openaiBatch({
      baseURL: baseUrl,
      poll,
      store: {
        load: () => loadBatches(join(folder.path, "batches")),
        async save(name, text) {
          await mkdir(join(folder.path, "batches"), { recursive: true });
          await folder.writeFile(join("batches", `${name}.json`), text);
        },
      },
      onChange: ({ batch, status, requests, againInMs }) => {
        const again = againInMs === undefined
          ? ""
          : `: the server has no room for it, sent again in ${showDuration(againInMs)}`;
        log(`batch ${batch}: ${status}, ${showInteger(requests)} rows${again}`);
      },
    });
  } catch (cause) {
    throw new CliError(nameFlags(errorMessage(cause)), { cause });
  }
}

/**
 * Returns the prices of batch files, which are half of the usual prices. A cost that the server
 * reports includes the discount.
 */
export function halfPrice(prices: Prices | undefined): Prices {
  return (model, usage, { serviceTier: _, ...details }) => {
    if (details.cost !== undefined) return undefined;
    const cost = costOf(model, usage, prices, details);
    return cost && scaleCost(cost, 0.5);
  };
}

async function loadBatches(path: string): Promise<readonly string[]> {
  const texts: string[] = [];
  try {
    for (const name of await readdir(path)) {
      if (name.endsWith(".json")) texts.push(await readFile(join(path, name), "utf8"));
    }
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
  return texts;
}
