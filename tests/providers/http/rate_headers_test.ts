/** How rate headers are parsed. What happens with them is tested in `response_meta_test.ts`. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { RateState } from "@shoal/agents";
import { readRateHeaders } from "../../../src/providers/http/rate_headers.ts";
import { formatReset } from "../../../src/testing/simulator/server_limiter.ts";

const NOW = Date.parse("2026-01-31T12:00:00Z");
const DAY = 86_400_000;
const YEAR = 366 * DAY;

/** Returns the reset parsed from a header beside valid others. */
function resetOf(reset: string, now = NOW): number | undefined {
  const report = readRateHeaders(
    new Headers({
      "x-ratelimit-limit-tokens": "100",
      "x-ratelimit-remaining-tokens": "7",
      "x-ratelimit-reset-tokens": reset,
    }),
    now,
  );
  assertEquals(report?.requests, undefined);
  const { limit, remaining, resetMs } = report!.tokens!;
  assertEquals([limit, remaining], [100, 7]);
  return resetMs;
}

/** The refill that a report implies, as the limiter reads it. */
function perMs({ limit, remaining, resetMs = 0, periodMs }: RateState): number {
  if (periodMs !== undefined) return limit / periodMs;
  return Math.max(limit / 60_000, resetMs > 0 ? (limit - remaining) / resetMs : 0);
}

const RESETS: [text: string, ms: number | undefined][] = [
  // Durations in Go's format.
  ["0s", 0],
  ["0ms", 0],
  ["12ms", 12],
  ["120ms", 120],
  ["1s", 1000],
  ["1.5s", 1500],
  ["7.66s", 7660],
  ["59.56s", 59_560],
  ["1m", 60_000],
  ["6m0s", 360_000],
  ["2m59.56s", 179_560],
  ["1m500ms", 60_500],
  ["1h", 3_600_000],
  ["1h0m0s", 3_600_000],
  ["1h2m3s", 3_723_000],
  ["1h30s", 3_630_000],
  ["24h0m0s", 86_400_000],
  ["1d2h", 93_600_000],
  ["1.5h", 5_400_000],
  ["1500\u00b5s", 2],
  ["1500\u00c2\u00b5s", 2],
  ["2500us", 3],
  ["873ns", 0],
  [" 5s ", 5000],
  // Numbers: seconds, or milliseconds where 93 of 100 cannot take that many seconds to refill.
  ["0", 0],
  ["1", 1000],
  ["12", 12_000],
  ["12.5", 12_500],
  ["56", 56_000],
  ["60", 60_000],
  ["62", 62],
  ["500", 500],
  ["56000", 56_000],
  ["33011.382867", 33_011],
  ["86400", undefined],
  // Times: seconds and milliseconds since 1970, dates.
  [String(NOW / 1000 + 30), 30_000],
  [String(NOW / 1000 + 0.25), 250],
  [String(NOW / 1000 - 30), 0],
  [String(NOW + 1500), 1500],
  [String(NOW - 1500), 0],
  ["2026-01-31T12:01:00Z", 60_000],
  ["2026-01-31T12:01:00.250Z", 60_250],
  ["2026-01-31T12:01:00.123456789Z", 60_123],
  ["2026-01-31T13:01:00+01:00", 60_000],
  ["2026-01-31t12:01:00z", 60_000],
  ["2026-01-31 12:01:00Z", 60_000],
  ["2026-01-31T12:01:00", 60_000],
  ["2026-01-31T11:59:00Z", 0],
  ["Sat, 31 Jan 2026 12:01:00 GMT", 60_000],
  // Invalid or impossible values.
  ["", undefined],
  ["soon", undefined],
  ["unlimited", undefined],
  ["NaN", undefined],
  ["Infinity", undefined],
  ["-1", undefined],
  ["-5s", undefined],
  ["+5s", undefined],
  ["1e3", undefined],
  ["0x10", undefined],
  ["5 s", undefined],
  ["5S", undefined],
  ["s", undefined],
  ["ms", undefined],
  ["5.s", undefined],
  [".5s", undefined],
  ["1.2.3s", undefined],
  ["1s1m", undefined],
  ["1s2s", undefined],
  ["1m2", undefined],
  ["5, 7", undefined],
  ["1;w=60", undefined],
  ["400d", undefined],
  ["9999999h", undefined],
  ["999999999", undefined],
  [String(NOW + 2 * YEAR), undefined],
  [String(NOW / 1000 + 2 * YEAR / 1000), undefined],
  ["1741305600000000", undefined],
  ["9".repeat(400), undefined],
  ["9".repeat(400) + "s", undefined],
  ["0001-01-01T00:00:00Z", undefined],
  ["9999-12-31T23:59:59Z", undefined],
  ["2026-13-41T12:00:00Z", undefined],
  ["2026-01-31", undefined],
  ["12:00:00", undefined],
];

for (const [text, ms] of RESETS) {
  Deno.test(`rate headers: parses a reset of "${text.slice(0, 40)}" as ${ms}`, () =>
    assertEquals(resetOf(text), ms));
}

Deno.test("rate headers: reads what the simulator writes", () => {
  fc.assert(fc.property(
    fc.oneof(
      fc.double({ min: 0, max: 2000, noNaN: true }),
      fc.double({ min: 0, max: YEAR, noNaN: true }),
      fc.nat(YEAR),
    ),
    (ms) => assertEquals(resetOf(formatReset(ms)), Math.ceil(ms)),
  ));
});

/** Headers of real or documented responses, and the expected report. */
const SERVERS: Record<string, [headers: Record<string, string>, report: unknown]> = {
  "OpenAI": [{
    "x-ratelimit-limit-requests": "5000",
    "x-ratelimit-limit-tokens": "160000",
    "x-ratelimit-limit-tokens_usage_based": "160000",
    "x-ratelimit-remaining-requests": "4999",
    "x-ratelimit-remaining-tokens": "159976",
    "x-ratelimit-reset-requests": "12ms",
    "x-ratelimit-reset-tokens": "9ms",
  }, {
    requests: { limit: 5000, remaining: 4999, resetMs: 12 },
    tokens: { limit: 160_000, remaining: 159_976, resetMs: 9 },
  }],
  "Groq": [{
    "x-ratelimit-limit-requests": "14400",
    "x-ratelimit-limit-tokens": "18000",
    "x-ratelimit-remaining-requests": "14370",
    "x-ratelimit-remaining-tokens": "17997",
    "x-ratelimit-reset-requests": "2m59.56s",
    "x-ratelimit-reset-tokens": "7.66s",
  }, {
    requests: { limit: 14_400, remaining: 14_370, resetMs: 179_560, periodMs: 86_400_000 },
    tokens: { limit: 18_000, remaining: 17_997, resetMs: 7660, periodMs: 60_000 },
  }],
  "xAI, with no reset": [{
    "x-ratelimit-limit-requests": "480",
    "x-ratelimit-remaining-requests": "479",
    "x-ratelimit-limit-tokens": "2000000",
    "x-ratelimit-remaining-tokens": "1999000",
  }, {
    requests: { limit: 480, remaining: 479 },
    tokens: { limit: 2_000_000, remaining: 1_999_000 },
  }],
  "Azure OpenAI, in milliseconds": [{
    "x-ratelimit-limit-requests": "120",
    "x-ratelimit-remaining-requests": "119",
    "x-ratelimit-reset-requests": "500",
    "x-ratelimit-renewalperiod-requests": "60",
    "x-ratelimit-limit-tokens": "120000",
    "x-ratelimit-remaining-tokens": "90000",
    "x-ratelimit-reset-tokens": "15000",
    "x-ratelimit-renewalperiod-tokens": "60",
  }, {
    requests: { limit: 120, remaining: 119, resetMs: 500, periodMs: 60_000 },
    tokens: { limit: 120_000, remaining: 90_000, resetMs: 15_000, periodMs: 60_000 },
  }],
  "Azure OpenAI, where a proxy drops the period": [{
    "x-ratelimit-limit-requests": "120",
    "x-ratelimit-remaining-requests": "60",
    "x-ratelimit-reset-requests": "30000",
  }, { requests: { limit: 120, remaining: 60, resetMs: 30_000 } }],
  "Azure OpenAI with a period of ten seconds": [{
    "x-ratelimit-limit-requests": "20",
    "x-ratelimit-remaining-requests": "18",
    "x-ratelimit-reset-requests": "1000",
    "x-ratelimit-renewalperiod-requests": "10",
  }, { requests: { limit: 20, remaining: 18, resetMs: 1000, periodMs: 10_000 } }],
  "GitHub Models, in milliseconds": [{
    "x-ratelimit-limit-requests": "20000",
    "x-ratelimit-remaining-requests": "19999",
    "x-ratelimit-renewalperiod-requests": "60",
    "x-ratelimit-reset-requests": "3",
    "x-ratelimit-limit-tokens": "2000000",
    "x-ratelimit-remaining-tokens": "1999962",
    "x-ratelimit-renewalperiod-tokens": "60",
    "x-ratelimit-reset-tokens": "1",
    "x-ratelimit-abusepenalty-active": "False",
  }, {
    requests: { limit: 20_000, remaining: 19_999, resetMs: 3, periodMs: 60_000 },
    tokens: { limit: 2_000_000, remaining: 1_999_962, resetMs: 1, periodMs: 60_000 },
  }],
  "GitHub Models, with a period and no reset": [{
    "x-ratelimit-limit-requests": "1000",
    "x-ratelimit-remaining-requests": "999",
    "x-ratelimit-renewalperiod-requests": "60",
  }, { requests: { limit: 1000, remaining: 999, periodMs: 60_000 } }],
  "Azure AI Foundry, in seconds": [{
    "x-ratelimit-limit-requests": "120",
    "x-ratelimit-remaining-requests": "60",
    "x-ratelimit-reset-requests": "30",
    "x-ratelimit-limit-tokens": "100000",
    "x-ratelimit-remaining-tokens": "0",
    "x-ratelimit-reset-tokens": "60",
  }, {
    requests: { limit: 120, remaining: 60, resetMs: 30_000 },
    tokens: { limit: 100_000, remaining: 0, resetMs: 60_000 },
  }],
  "OpenAI, where the limit is for a day": [{
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-remaining-requests": "9999",
    "x-ratelimit-reset-requests": "8.64s",
  }, { requests: { limit: 10_000, remaining: 9999, resetMs: 8640, periodMs: 86_400_000 } }],
  "OpenAI's documentation, where 16 tokens take six minutes": [{
    "x-ratelimit-limit-tokens": "150000",
    "x-ratelimit-remaining-tokens": "149984",
    "x-ratelimit-reset-tokens": "6m0s",
  }, { tokens: { limit: 150_000, remaining: 149_984, resetMs: 360_000, periodMs: 60_000 } }],
  "SambaNova, requests only": [{
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "42",
    "x-ratelimit-reset-requests": "30",
    "x-ratelimit-limit-requests-day": "1000",
    "x-ratelimit-remaining-requests-day": "900",
  }, { requests: { limit: 60, remaining: 42, resetMs: 30_000, periodMs: 60_000 } }],
  "Anthropic's compatible endpoint": [{
    "x-ratelimit-limit-requests": "1000",
    "x-ratelimit-remaining-requests": "999",
    "x-ratelimit-reset-requests": "2026-01-31T12:00:01Z",
    "x-ratelimit-limit-tokens": "80000",
    "x-ratelimit-remaining-tokens": "79000",
    "x-ratelimit-reset-tokens": "2026-01-31T12:00:02Z",
  }, {
    requests: { limit: 1000, remaining: 999, resetMs: 1000, periodMs: 60_000 },
    tokens: { limit: 80_000, remaining: 79_000, resetMs: 2000, periodMs: 60_000 },
  }],
  "Anthropic's compatible endpoint, with its own order of words": [{
    "x-ratelimit-requests-limit": "1000",
    "x-ratelimit-requests-remaining": "0",
    "x-ratelimit-requests-reset": "2026-01-31T12:01:00Z",
    "x-ratelimit-tokens-limit": "80000",
    "x-ratelimit-tokens-remaining": "40000",
    "x-ratelimit-tokens-reset": "2026-01-31T12:00:30Z",
  }, {
    requests: { limit: 1000, remaining: 0, resetMs: 60_000 },
    tokens: { limit: 80_000, remaining: 40_000, resetMs: 30_000 },
  }],
  "Anthropic": [{
    "anthropic-ratelimit-requests-limit": "1000",
    "anthropic-ratelimit-requests-remaining": "999",
    "anthropic-ratelimit-requests-reset": "2026-01-31T12:00:01Z",
    "anthropic-ratelimit-tokens-limit": "80000",
    "anthropic-ratelimit-tokens-remaining": "79000",
    "anthropic-ratelimit-tokens-reset": "2026-01-31T12:00:02Z",
    "anthropic-ratelimit-input-tokens-limit": "70000",
  }, {
    requests: { limit: 1000, remaining: 999, resetMs: 1000, periodMs: 60_000 },
    tokens: { limit: 80_000, remaining: 79_000, resetMs: 2000, periodMs: 60_000 },
  }],
  "Mistral": [{
    "x-ratelimit-limit-tokens-minute": "5000000",
    "x-ratelimit-remaining-tokens-minute": "4999911",
    "x-ratelimit-tokens-query-cost": "52",
    "x-ratelimit-limit-req-minute": "720",
    "x-ratelimit-remaining-req-minute": "717",
  }, {
    requests: { limit: 720, remaining: 717, periodMs: 60_000 },
    tokens: { limit: 5_000_000, remaining: 4_999_911, periodMs: 60_000 },
  }],
  "Mistral, which also limits ten seconds": [{
    "x-ratelimit-limit-req-minute": "4",
    "x-ratelimit-remaining-req-minute": "2",
    "x-ratelimit-limit-req-10-second": "2",
    "x-ratelimit-remaining-req-10-second": "1",
    "x-ratelimit-limit-tokens-minute": "5000000",
    "x-ratelimit-remaining-tokens-minute": "4999911",
    "x-ratelimit-limit-tokens-month": "1000000000000",
    "x-ratelimit-remaining-tokens-month": "0",
  }, {
    requests: { limit: 2, remaining: 1, periodMs: 10_000 },
    tokens: { limit: 5_000_000, remaining: 4_999_911, periodMs: 60_000 },
  }],
  "Mistral, which reports requests alone": [{
    "x-ratelimit-limit-req-minute": "4",
    "x-ratelimit-remaining-req-minute": "0",
    "x-ratelimit-limit-req-10-second": "2",
    "x-ratelimit-remaining-req-10-second": "0",
  }, { requests: { limit: 4, remaining: 0, periodMs: 60_000 } }],
  "Mistral, which reports the requests of ten seconds alone": [{
    "x-ratelimit-limit-req-10-second": "20",
    "x-ratelimit-remaining-req-10-second": "19",
  }, { requests: { limit: 20, remaining: 19, periodMs: 10_000 } }],
  "Anthropic, which reports requests alone": [{
    "anthropic-ratelimit-requests-limit": "50",
    "anthropic-ratelimit-requests-remaining": "49",
    "anthropic-ratelimit-requests-reset": "2026-01-31T12:00:01Z",
  }, { requests: { limit: 50, remaining: 49, resetMs: 1000 } }],
  "Mistral, whose tokens are for five minutes": [{
    "x-ratelimit-limit-req-minute": "60",
    "x-ratelimit-remaining-req-minute": "59",
    "x-ratelimit-limit-tokens-5-minute": "8000",
    "x-ratelimit-remaining-tokens-5-minute": "4000",
  }, {
    requests: { limit: 60, remaining: 59, periodMs: 60_000 },
    tokens: { limit: 8000, remaining: 4000, periodMs: 300_000 },
  }],
  "Cerebras": [{
    "x-ratelimit-limit-requests-day": "14400",
    "x-ratelimit-remaining-requests-day": "14399",
    "x-ratelimit-reset-requests-day": "33011.382867",
    "x-ratelimit-limit-tokens-minute": "60000",
    "x-ratelimit-remaining-tokens-minute": "59000",
    "x-ratelimit-reset-tokens-minute": "11.382867",
  }, {
    requests: { limit: 14_400, remaining: 14_399, resetMs: 33_011_383, periodMs: 86_400_000 },
    tokens: { limit: 60_000, remaining: 59_000, resetMs: 11_383, periodMs: 60_000 },
  }],
  "Cerebras, of whose hour least remains": [{
    "x-ratelimit-limit-requests-minute": "5",
    "x-ratelimit-remaining-requests-minute": "4",
    "x-ratelimit-reset-requests-minute": "12.5",
    "x-ratelimit-limit-requests-hour": "150",
    "x-ratelimit-remaining-requests-hour": "3",
    "x-ratelimit-reset-requests-hour": "1800.25",
    "x-ratelimit-limit-requests-day": "2400",
    "x-ratelimit-remaining-requests-day": "1200",
    "x-ratelimit-limit-tokens-minute": "30000",
    "x-ratelimit-remaining-tokens-minute": "30000",
  }, {
    requests: { limit: 150, remaining: 3, resetMs: 1_800_250, periodMs: 3_600_000 },
    tokens: { limit: 30_000, remaining: 30_000, periodMs: 60_000 },
  }],
  "Azure, where it sends only what remains": [{
    "x-ratelimit-remaining-requests": "79",
    "x-ratelimit-remaining-tokens": "61353",
  }, undefined],
  "Azure, where it does not know": [{
    "x-ratelimit-limit-tokens": "-1",
    "x-ratelimit-remaining-tokens": "-1",
    "x-ratelimit-reset-tokens": "0",
  }, undefined],
  "Fireworks, which counts prompt and output tokens separately": [{
    "x-ratelimit-limit-requests": "6000",
    "x-ratelimit-remaining-requests": "5999",
    "x-ratelimit-limit-tokens-prompt": "60000",
    "x-ratelimit-remaining-tokens-prompt": "59000",
  }, { requests: { limit: 6000, remaining: 5999 } }],
  "Together, which counts seconds": [{
    "x-ratelimit-limit": "10",
    "x-ratelimit-remaining": "9",
    "x-ratelimit-reset": "1",
    "x-tokenlimit-limit": "3000",
    "x-tokenlimit-remaining": "2900",
  }, {
    requests: { limit: 10, remaining: 9, resetMs: 1000, periodMs: 1000 },
    tokens: { limit: 3000, remaining: 2900, periodMs: 1000 },
  }],
  "Gemini, which sends none": [
    { "content-type": "application/json", "server-timing": "gfet4t7; dur=512" },
    undefined,
  ],
  "OpenRouter, which sends none with an answer": [
    { "content-type": "application/json", "x-generation-id": "gen-1" },
    undefined,
  ],
  "a server without rate headers": [
    { "content-type": "application/json", "retry-after": "1" },
    undefined,
  ],
};

for (const [name, [headers, report]] of Object.entries(SERVERS)) {
  Deno.test(`rate headers: reads those of ${name}`, () =>
    assertEquals(readRateHeaders(new Headers(headers), NOW), report));
}

Deno.test("rate headers: reads names without a suffix if the request was rejected", () => {
  const openRouter = new Headers({
    "X-RateLimit-Limit": "50",
    "X-RateLimit-Remaining": "0",
    "X-RateLimit-Reset": String(NOW + 3_600_000),
  });
  const requests = { limit: 50, remaining: 0, resetMs: 3_600_000, periodMs: 3_600_000 };
  assertEquals(readRateHeaders(openRouter, NOW, { rejected: true }), { requests });
  assertEquals(readRateHeaders(openRouter, NOW), undefined);
  const draft = { "ratelimit-limit": "50", "ratelimit-remaining": "0", "ratelimit-reset": "3600" };
  assertEquals(readRateHeaders(new Headers(draft), NOW, { rejected: true }), {
    requests: { ...requests, periodMs: 60_000 },
  });
  // Names that say what they count take precedence.
  openRouter.set("x-ratelimit-limit-tokens", "10");
  openRouter.set("x-ratelimit-remaining-tokens", "4");
  assertEquals(readRateHeaders(openRouter, NOW, { rejected: true }), {
    tokens: { limit: 10, remaining: 4 },
  });
});

const NUMBERS: [text: string, number: number | undefined][] = [
  ["1", 1],
  ["007", 7],
  ["99.5", 99.5],
  ["2147483647", 2_147_483_647],
  ["999999999999999", 999_999_999_999_999],
  ["9223372036854775807", undefined],
  ["9".repeat(400), undefined],
  ["", undefined],
  ["NaN", undefined],
  ["-1", undefined],
  ["-0", undefined],
  ["unlimited", undefined],
  ["Infinity", undefined],
  ["1e3", undefined],
  ["0x10", undefined],
  ["1,000", undefined],
  ["10, 10;w=60", undefined],
  ["10 per minute", undefined],
];

Deno.test("rate headers: ignores a limit that is not a valid number", () => {
  const readLimit = (limit: string, remaining: string) =>
    readRateHeaders(
      new Headers({
        "x-ratelimit-limit-requests": limit,
        "x-ratelimit-remaining-requests": remaining,
      }),
      NOW,
    );
  for (const [text, number] of [...NUMBERS, ["0", undefined]] as typeof NUMBERS) {
    const expected = number === undefined
      ? undefined
      : { requests: { limit: number, remaining: 0 } };
    assertEquals(readLimit(text, "0"), expected, `limit ${text}`);
  }
  for (const [text, number] of [...NUMBERS, ["0", 0]] as typeof NUMBERS) {
    const limit = 999_999_999_999_999;
    const expected = number === undefined ? undefined : { requests: { limit, remaining: number } };
    assertEquals(readLimit(String(limit), text), expected, `remaining ${text}`);
  }
  // No more can remain than the limit.
  assertEquals(readLimit("10", "12"), { requests: { limit: 10, remaining: 10 } });
});

Deno.test("rate headers: reads one limit although the other is invalid", () => {
  const headers = new Headers({
    "x-ratelimit-limit-requests": "unlimited",
    "x-ratelimit-remaining-requests": "unlimited",
    "x-ratelimit-limit-tokens": "10",
    "x-ratelimit-remaining-tokens": "4",
    "x-ratelimit-reset-tokens": "never",
  });
  assertEquals(readRateHeaders(headers, NOW), { tokens: { limit: 10, remaining: 4 } });
});

Deno.test("rate headers: returns plausible numbers or nothing for any input", () => {
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom(..."0123456789.dhmsnu\u00b5 -+:TZ,;=eE") }),
    fc.string({ unit: "binary" }).map((s) => s.replaceAll(/[^\x20-\x7e\x80-\xff]/g, "")),
    fc.double().map(String),
    fc.bigInt({ min: 0n, max: 10n ** 40n }).map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc.nat().map(formatReset),
  );
  const named = (what: string) =>
    ["limit", "remaining", "reset"].map((k) => `x-ratelimit-${k}-${what}`);
  const suffixed = (prefix: string) => ["limit", "remaining", "reset"].map((k) => `${prefix}-${k}`);
  const triple = fc.constantFrom(
    ...["requests", "tokens", "req-minute", "req-10-second", "tokens-minute", "requests-day"]
      .map(named),
    ...["anthropic-ratelimit-requests", "anthropic-ratelimit-tokens", "x-ratelimit-tokens"]
      .map(suffixed),
    ...["x-ratelimit", "ratelimit", "x-tokenlimit"].map(suffixed),
  );
  // A number often enough that the other two headers matter.
  const number = fc.oneof(fc.nat().map(String), text);
  const entries = fc.array(fc.tuple(triple, number, number, text), { maxLength: 3 }).map((all) =>
    all.flatMap(([names, ...texts]) =>
      names.map((name, i) => [name, texts[i]!] as [string, string])
    )
  );
  const period = fc.option(number, { nil: undefined });
  let reported = 0;
  fc.assert(
    fc.property(
      entries,
      period,
      fc.boolean(),
      fc.double({ min: 0, max: 4e12, noNaN: true }),
      (all, period, refused, now) => {
        const headers = new Headers(all);
        if (period !== undefined) {
          headers.set("x-ratelimit-renewalperiod-requests", period);
          headers.set("x-ratelimit-renewalperiod-tokens", period);
        }
        const report = readRateHeaders(headers, now, { rejected: refused });
        if (report === undefined) return;
        assert(report.requests !== undefined || report.tokens !== undefined);
        for (const state of Object.values(report)) {
          const { limit, remaining, resetMs, periodMs } = state;
          reported++;
          assert(periodMs === undefined || periodMs > 0 && periodMs <= DAY, `period ${periodMs}`);
          // No slower than the period, and where none is known, than within a minute.
          assert(perMs(state) >= limit / (periodMs ?? 60_000) * (1 - 1e-9));
          assert(Number.isFinite(limit) && limit > 0, `limit ${limit}`);
          assert(remaining >= 0 && remaining <= limit, `remaining ${remaining}`);
          assert(resetMs === undefined || resetMs >= 0 && resetMs <= YEAR, `resetMs ${resetMs}`);
        }
      },
    ),
    { numRuns: 2000 },
  );
  assert(reported > 20, `${reported} of them reported a limit`);
});

Deno.test("rate headers: a reset without a unit never slows a limit down", () => {
  const amount = fc.nat(1_000_000);
  const units = ["requests", "tokens"] as const;
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 1_000_000 }),
    amount,
    fc.nat(999_999_999),
    fc.option(fc.integer({ min: 1, max: 3600 }), { nil: undefined }),
    fc.constantFrom(...units),
    (limit, remaining, reset, period, unit) => {
      const headers = new Headers({
        [`x-ratelimit-limit-${unit}`]: String(limit),
        [`x-ratelimit-remaining-${unit}`]: String(remaining),
        [`x-ratelimit-reset-${unit}`]: String(reset),
        ...(period && { [`x-ratelimit-renewalperiod-${unit}`]: String(period) }),
      });
      const state = readRateHeaders(headers, NOW)![unit]!;
      const periodMs = (period ?? 60) * 1000;
      assert(perMs(state) >= limit / periodMs * (1 - 1e-9));
      assert((state.resetMs ?? 0) <= periodMs);
    },
  ));
});

Deno.test("rate headers: reads what Azure writes, at any level, as milliseconds", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 100_000 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.constantFrom(10, 60),
    (limit, share, period) => {
      const remaining = Math.floor(share * limit);
      const reset = Math.ceil((limit - remaining) / limit * period * 1000);
      const state = readRateHeaders(
        new Headers({
          "x-ratelimit-limit-requests": String(limit),
          "x-ratelimit-remaining-requests": String(remaining),
          "x-ratelimit-reset-requests": String(reset),
          "x-ratelimit-renewalperiod-requests": String(period),
        }),
        NOW,
      );
      assertEquals(state, {
        requests: { limit, remaining, resetMs: reset, periodMs: period * 1000 },
      });
    },
  ));
});

Deno.test("rate headers: looks up ten headers if there are none", () => {
  const looks: string[] = [];
  class Counted extends Headers {
    override get(name: string) {
      looks.push(name);
      return super.get(name);
    }
    override has(name: string) {
      looks.push(name);
      return super.has(name);
    }
  }
  assertEquals(
    readRateHeaders(new Counted({ "content-type": "application/json" }), NOW),
    undefined,
  );
  assertEquals(looks.length, 10);
});
