import { join } from "node:path";
import type { Cost, Prices, Usage } from "../../../mod.ts";
import {
  openaiBatch,
  type OpenAIBatchProvider,
} from "../../providers/openai/batch/openai_batch.ts";
import { costOf } from "../../pricing/prices.ts";
import { CliError, errorMessage } from "../exit_code.ts";
import type { RunFolder } from "./run_folder.ts";
import { formatInteger } from "../format.ts";

/** So many rows wait for batch files at the same time; a file has up to 10,000 of them. */
export const BATCH_CONCURRENCY = 50_000;

/** A batch is answered within a day; somewhat later nobody believes in it any more. */
export const BATCH_TIMEOUT_MS = 27 * 3_600_000;

/** What the provider's batch files are told. */
export interface BatchProviderOptions {
  /** The server; that of the environment, or OpenAI, if it is not said. */
  readonly baseUrl?: string;
  /** Milliseconds between two looks. */
  readonly poll: number;
  /** Remembers batches over restarts. */
  readonly folder: RunFolder;
  /** Told what happens. */
  readonly log: (text: string) => void;
}

/** A provider that asks by batch files, and finds those again that were sent before a restart. */
export function createBatchProvider(
  { baseUrl, poll, folder, log: note }: BatchProviderOptions,
): OpenAIBatchProvider {
  try {
    return openaiBatch({
      baseURL: baseUrl,
      poll,
      store: {
        load: () => loadBatches(join(folder.path, "batches")),
        async save(name, text) {
          await Deno.mkdir(join(folder.path, "batches"), { recursive: true });
          await folder.writeFile(join("batches", `${name}.json`), text);
        },
      },
      onChange: ({ batch, status, requests }) =>
        note(`batch ${batch}: ${status}, ${formatInteger(requests)} rows`),
    });
  } catch (cause) {
    throw new CliError(errorMessage(cause), undefined, { cause });
  }
}

/** Prices of batches: half of the others. */
export function halfPrice(
  prices: Prices | undefined,
): (model: string, usage: Usage) => Cost | undefined {
  return (model, usage) => {
    const cost = costOf(model, usage, prices);
    return cost &&
      { input: cost.input / 2, output: cost.output / 2, total: cost.total / 2 };
  };
}

async function loadBatches(path: string): Promise<readonly string[]> {
  const texts: string[] = [];
  try {
    for await (const { name } of Deno.readDir(path)) {
      if (name.endsWith(".json")) texts.push(await Deno.readTextFile(join(path, name)));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return texts;
}
