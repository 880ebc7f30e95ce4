import { join } from "node:path";
import type { Cost, Prices, Usage } from "../../../mod.ts";
import {
  openaiBatch,
  type OpenAIBatchProvider,
} from "../../providers/openai/batch/openai_batch.ts";
import { costOf } from "../../pricing/prices.ts";
import { CliError, reasonOf } from "../exit_code.ts";
import type { RunFolder } from "./run_folder.ts";
import { integer } from "../format.ts";

/** So many rows wait for batch files at the same time; a file has up to 10,000 of them. */
export const ROWS_IN_BATCHES = 50_000;

/** A batch is answered within a day; somewhat later nobody believes in it any more. */
export const BATCH_TIMEOUT = { attempt: 27 * 3_600_000, total: 27 * 3_600_000 };

/** What the provider's batch files are told. */
export interface ProviderBatchOptions {
  /** The server; that of the environment, or OpenAI, if it is not said. */
  readonly baseUrl?: string;
  /** Milliseconds between two looks. */
  readonly poll: number;
  /** Remembers batches over restarts. */
  readonly folder: RunFolder;
  /** Told what happens. */
  readonly note: (text: string) => void;
}

/** A provider that asks by batch files, and finds those again that were sent before a restart. */
export function providerBatch(
  { baseUrl, poll, folder, note }: ProviderBatchOptions,
): OpenAIBatchProvider {
  try {
    return openaiBatch({
      baseURL: baseUrl,
      poll,
      store: {
        load: () => loadAll(join(folder.path, "batches")),
        async save(name, text) {
          await Deno.mkdir(join(folder.path, "batches"), { recursive: true });
          await folder.write(join("batches", `${name}.json`), text);
        },
      },
      onChange: ({ batch, status, requests }) =>
        note(`batch ${batch}: ${status}, ${integer(requests)} rows`),
    });
  } catch (cause) {
    throw new CliError(reasonOf(cause), undefined, { cause });
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

async function loadAll(path: string): Promise<readonly string[]> {
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
