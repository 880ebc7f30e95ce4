/** Pools with the same work: a sleep. */
import { each } from "@shoal/agents";
import { pooledMap } from "@std/async/pool";
import pLimit from "p-limit";
import pMap from "p-map";
import { type Case, type Cases, type Load, range } from "../measure/case.ts";

interface Options extends Load {
  readonly ms: number;
}

const WARM: Load = { n: 2_000, concurrency: 50 };

export const CASES: Cases = {
  shoal: poolCase(async ({ n, concurrency }, work) => {
    await each(range(n), work, { concurrency });
  }),
  "p-map": poolCase(async ({ n, concurrency }, work) => {
    await pMap(range(n), work, { concurrency });
  }),
  "p-limit": poolCase(async ({ n, concurrency }, work) => {
    const limit = pLimit(concurrency);
    await Promise.all(Array.from(range(n), () => limit(work)));
  }),
  pooledMap: poolCase(async ({ n, concurrency }, work) => {
    for await (const _ of pooledMap(concurrency, range(n), work));
  }),
};

function poolCase(
  run: (load: Load, work: () => Promise<void>) => Promise<void>,
): (options: Options) => Case {
  return ({ n, concurrency, ms }) => ({
    warm: () => run(WARM, () => sleep(1)),
    work: () => run({ n, concurrency }, () => sleep(ms)),
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
