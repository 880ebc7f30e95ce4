import type { LimitOptions, Provider, ProviderLimits } from "@shoal/agents";
import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { AdaptiveLimiter, ModelLimiter } from "../../src/limits/adaptive_limiter.ts";
import type { Limiter } from "../../src/limits/limiter.ts";
import {
  accountLimiter,
  modelLimiter,
  processLimiter,
  setProcessLimits,
  sharedLimiters,
} from "../../src/limits/limiter_registry.ts";
import { handmade } from "../helpers.ts";
import { print } from "../print.ts";

const NORMAL = { tokens: 0, priority: 0 };
const URGENT = { tokens: 0, priority: 1 };

function provider(limits?: ProviderLimits, account?: object): Provider {
  return { ...handmade({}), limits, account };
}

/** Returns how many permits are available at once. */
function open(limiter: Limiter, request = NORMAL): number {
  let n = 0;
  while (n < 2_000 && limiter.tryAcquire(request)) n++;
  for (let i = 0; i < n; i++) limiter.cancel(request);
  return n;
}

Deno.test("registry: a model has one limiter for each API key", () => {
  const key = {};
  const [one, two, other] = [provider({}, key), provider({}, key), provider({})];
  assertStrictEquals(modelLimiter(one, "m"), modelLimiter(one, "m"));
  assertStrictEquals(modelLimiter(one, "m"), modelLimiter(two, "m"));
  assertNotStrictEquals(modelLimiter(one, "m"), modelLimiter(one, "n"));
  assertNotStrictEquals(modelLimiter(one, "m"), modelLimiter(other, "m"));
  // Without an API key, each provider has its own limiters.
  assertStrictEquals(modelLimiter(other, "m"), modelLimiter(other, "m"));
  assertNotStrictEquals(modelLimiter(other, "m"), modelLimiter(provider({}), "m"));
  assertEquals(accountLimiter(other), undefined);
});

Deno.test("registry: any string may be the name of a model", () => {
  const one = provider({ concurrency: 5, models: {} });
  for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty", ""]) {
    assertStrictEquals(modelLimiter(one, name), modelLimiter(one, name));
    assertEquals(open(modelLimiter(one, name)), 2_000);
  }
});

Deno.test("registry: the first provider with an API key sets its limits", () => {
  const key = {};
  assertEquals(open(accountLimiter(provider({ concurrency: 3 }, key))!), 3);
  assertEquals(open(accountLimiter(provider({ concurrency: 9 }, key))!), 3);
  assertStrictEquals(accountLimiter(provider({}, key)), accountLimiter(provider(undefined, key)));
});

Deno.test("registry: limits of a provider, and of a single model", () => {
  const bounds = { start: 4, min: 2, max: 50 };
  const adaptive = (m: LimitOptions): ProviderLimits => ({
    concurrency: "adaptive",
    models: { m },
  });
  //   limits, permits of the provider, permits of model "m", its discovered concurrency
  const table: [ProviderLimits | undefined, number | undefined, number, number | undefined][] = [
    [undefined, undefined, 2_000, undefined],
    [{}, undefined, 2_000, undefined],
    [{ concurrency: 30 }, 30, 2_000, undefined],
    [{ requestsPerMinute: 2_400 }, 11, 2_000, undefined],
    [{ concurrency: "adaptive" }, undefined, 8, 8],
    [{ concurrency: { max: 30 } }, 30, 8, 8],
    [{ concurrency: { max: 5 } }, 5, 5, undefined],
    [{ concurrency: bounds }, 50, 4, 4],
    [{ concurrency: "adaptive", reserve: 0.5 }, undefined, 4, 8],
    [{ concurrency: 30, models: { m: { concurrency: 7 } } }, 30, 7, undefined],
    [{ concurrency: 30, models: { n: { concurrency: 7 } } }, 30, 2_000, undefined],
    [{ models: { m: { requestsPerMinute: 2_400 } } }, undefined, 11, undefined],
    [{ models: { m: { concurrency: "adaptive" } } }, undefined, 8, 8],
    [{ concurrency: 30, models: { m: { concurrency: "adaptive" } } }, 30, 8, 8],
    [{ models: { m: { concurrency: bounds } } }, undefined, 4, 4],
    [adaptive({ concurrency: 5 }), undefined, 5, undefined],
    // A number is a number: the model does not adapt.
    [adaptive({ concurrency: 50 }), undefined, 50, undefined],
    [adaptive({ concurrency: { max: 50 } }), undefined, 8, 8],
    [adaptive({ requestsPerMinute: 240 }), undefined, 2, 8],
    [adaptive({ concurrency: 3_000 }), undefined, 2_000, undefined],
    [{ concurrency: bounds, models: { m: { concurrency: 3_000 } } }, 50, 2_000, undefined],
    [{ concurrency: bounds, models: { m: { concurrency: 9 } } }, 50, 9, undefined],
    [{ ...adaptive({ reserve: 0 }), reserve: 0.5 }, undefined, 8, 8],
  ];
  for (const [limits, whole, model, found] of table) {
    const one = provider(limits);
    const account = accountLimiter(one);
    const limiter = modelLimiter(one, "m");
    const seen = [account && open(account), open(limiter), limiter.discoveredConcurrency];
    assertEquals(seen, [whole, model, found], print(limits, { depth: 3 }));
    assert(limiter instanceof ModelLimiter);
  }
});

Deno.test("registry: the reserve of an adaptive model is kept for priorities", () => {
  const limiter = modelLimiter(provider({ concurrency: "adaptive", reserve: 0.25 }), "m");
  assertEquals([open(limiter), open(limiter, URGENT)], [6, 8]);
});

Deno.test("registry: sets and removes the limits of the process", () => {
  const table: [LimitOptions, number, boolean][] = [
    [{ concurrency: 3 }, 3, false],
    [{ concurrency: "adaptive" }, 8, true],
  ];
  try {
    assertEquals(processLimiter(), undefined);
    for (const [limits, most, adaptive] of table) {
      setProcessLimits(limits);
      const limiter = processLimiter()!;
      assertEquals([open(limiter), limiter instanceof AdaptiveLimiter], [most, adaptive]);
    }
  } finally {
    setProcessLimits(undefined);
  }
  assertEquals(processLimiter(), undefined);
});

Deno.test("registry: lists all limiters, from the process to the models", () => {
  const one = { ...provider({ concurrency: 7 }, {}), name: "listed" };
  modelLimiter(one, "m");
  modelLimiter(one, "n");
  setProcessLimits({ concurrency: 9 });
  try {
    const [first, ...others] = [...sharedLimiters()];
    assertStrictEquals(first?.limiter, processLimiter());
    const listed = others.filter(({ provider }) => provider === "listed");
    assertEquals(listed.map(({ model }) => model), [undefined, "m", "n"]);
    assertStrictEquals(listed[0]?.limiter, accountLimiter(one));
    assertStrictEquals(listed[1]?.limiter, modelLimiter(one, "m"));
  } finally {
    setProcessLimits(undefined);
  }
});
