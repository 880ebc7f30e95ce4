/** The pool alone: the same sleep, so many at a time. */
import { each } from "@shoal/agents";
import { pooledMap } from "@std/async/pool";
import pLimit from "p-limit";
import pMap from "p-map";
import { type Cases, range } from "../case.ts";

interface Options {
  readonly n: number;
  readonly concurrency: number;
  readonly ms: number;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const CASES: Cases = {
  "pool-shoal": ({ n, concurrency, ms }: Options) => async () => {
    await each(range(n), () => sleep(ms), { concurrency });
  },
  "pool-p-map": ({ n, concurrency, ms }: Options) => async () => {
    await pMap(range(n), () => sleep(ms), { concurrency });
  },
  "pool-p-limit": ({ n, concurrency, ms }: Options) => async () => {
    const limit = pLimit(concurrency);
    await Promise.all(Array.from(range(n), () => limit(() => sleep(ms))));
  },
  "pool-pooledMap": ({ n, concurrency, ms }: Options) => async () => {
    for await (const _ of pooledMap(concurrency, range(n), () => sleep(ms)));
  },
};
