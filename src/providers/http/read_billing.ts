/** Reads what a response says about its price. */
import { isRecord } from "../../model/check_options.ts";
import type { Billing, ReportedCost, Usage } from "../../model/usage.ts";
import { readReportedCost } from "./read_reported_cost.ts";
import { readLongCacheWrites, readUsage } from "./read_usage.ts";

/**
 * Collects the usage, the cost, the service tier and the model from a complete response or from the
 * events of a stream. Later events replace what earlier ones reported.
 */
export class BillingReader {
  #usage: Usage | undefined;
  #cost: ReportedCost | undefined;
  #tier: string | undefined;
  #longWrites: number | undefined;
  #model: string | undefined;

  /**
   * Adds a response or an event. An event of the Responses API has the members in its `response`.
   * Returns the reader.
   */
  add(body: unknown): this {
    if (!isRecord(body)) return this;
    const place = isRecord(body.response) ? body.response : body;
    const { service_tier, model } = place;
    if (typeof model === "string" && model !== "") this.#model = model;
    this.#addTier(service_tier);
    const usage = findUsage(place);
    if (usage !== undefined) {
      this.#addUsage(readUsage(usage));
      this.#cost = readReportedCost(usage) ?? this.#cost;
      this.#longWrites = readLongCacheWrites(usage) ?? this.#longWrites;
      this.#addTier(usage.service_tier);
    }
    return this;
  }

  #addUsage(usage: Usage | undefined): void {
    // Some servers send a usage of zeros at the end of a stream.
    if (usage === undefined || (usage.totalTokens === 0 && this.#usage !== undefined)) return;
    this.#usage = usage;
  }

  #addTier(tier: unknown): void {
    if (typeof tier === "string" && tier !== "") this.#tier = tier;
  }

  /** Returns what was collected for a request to the given model. Absent members are left out. */
  billing(requestedModel?: string): Billing {
    const isPlain = this.#cost === undefined && this.#tier === undefined &&
      this.#longWrites === undefined;
    // Most responses report their usage alone.
    if (isPlain && this.#model === requestedModel) {
      return this.#usage === undefined ? {} : { usage: this.#usage };
    }
    return {
      ...(this.#usage !== undefined && { usage: this.#usage }),
      ...(this.#cost !== undefined && { cost: this.#cost }),
      ...(this.#tier !== undefined && { serviceTier: this.#tier }),
      ...(this.#longWrites !== undefined && { longCacheWriteTokens: this.#longWrites }),
      ...(this.#model !== undefined && this.#model !== requestedModel &&
        { servedModel: this.#model }),
    };
  }
}

/** Returns the usage. In streams, Moonshot puts it into the choice and Groq into `x_groq`. */
function findUsage(
  { usage, x_groq: groq, choices }: Record<string, unknown>,
): Record<string, unknown> | undefined {
  if (isRecord(usage)) return usage;
  if (isRecord(groq) && isRecord(groq.usage)) return groq.usage;
  const choice = Array.isArray(choices) ? choices[0] : undefined;
  return isRecord(choice) && isRecord(choice.usage) ? choice.usage : undefined;
}

/** Reads the billing of a complete response to a request to the given model. */
export function readBilling(body: unknown, requestedModel?: string): Billing {
  return new BillingReader().add(body).billing(requestedModel);
}
