import { install } from "@sinonjs/fake-timers";
import { assertEquals, assertRejects } from "@std/assert";
import type { ResultBase } from "../../src/model/result.ts";
import { Progress, type ProgressReport } from "../../src/run/progress.ts";

async function timed(work: (clock: ReturnType<typeof install>) => Promise<void>): Promise<void> {
  const clock = install();
  try {
    await work(clock);
  } finally {
    clock.uninstall();
  }
}

function make(
  total: number | undefined,
  onProgress: ((report: ProgressReport) => unknown) | undefined,
  started = 0,
) {
  const failures: unknown[] = [];
  const fail = (error: unknown): void => void failures.push(error);
  return { progress: new Progress({ total, started: () => started, onProgress, fail }), failures };
}

function watch(total: number | undefined, started?: number) {
  const reports: ProgressReport[] = [];
  return { ...make(total, (report) => reports.push(report), started), reports };
}

/** A result with this usage and cost. */
function used(totalTokens: number, cost?: number): ResultBase {
  return {
    usage: { totalTokens },
    cost: cost === undefined ? undefined : { total: cost },
  } as ResultBase;
}

Deno.test("Progress reports at the start, five times a second and at the end", () =>
  timed(async (clock) => {
    const { progress, reports } = watch(4);
    assertEquals(reports.length, 1);
    await clock.tickAsync(199);
    assertEquals(reports.length, 1);
    await clock.tickAsync(1);
    assertEquals(reports.length, 2);
    await clock.tickAsync(1_000);
    assertEquals(reports.length, 7);
    await progress.close({ report: true });
    assertEquals(reports.length, 8);
    await progress.close({ report: true });
    await clock.tickAsync(1_000);
    assertEquals(reports.length, 8);
  }));

Deno.test("Progress counts items and usage, and estimates the pace and the remaining time", () =>
  timed(async (clock) => {
    const { progress, reports } = watch(10, 4);
    for (const ok of [true, false, true]) progress.finish({ ok });
    for (const part of [used(10, 0.5), used(3), used(0, 0.25)]) progress.addUsage(part);
    await clock.tickAsync(200);
    assertEquals(reports.at(-1), {
      done: 3,
      total: 10,
      ok: 2,
      failed: 1,
      inFlight: 1,
      tokens: 13,
      cost: 0.75,
      perSecond: 15,
      etaMs: 7 / 15 * 1000,
    });
    await progress.close({ report: false });
  }));

Deno.test("Progress omits the remaining time if it cannot be estimated", () =>
  timed(async (clock) => {
    const known = watch(10);
    const unknown = watch(undefined);
    await clock.tickAsync(200);
    assertEquals([known.reports.at(-1)!.etaMs, known.reports.at(-1)!.cost], [undefined, undefined]);
    unknown.progress.finish({ ok: true });
    await clock.tickAsync(200);
    assertEquals([unknown.reports.at(-1)!.etaMs, unknown.reports.at(-1)!.total], [
      undefined,
      undefined,
    ]);
    await known.progress.close({ report: false });
    await unknown.progress.close({ report: false });
  }));

Deno.test("Progress without a callback starts no timer", () =>
  timed(async (clock) => {
    const { progress } = make(3, undefined);
    assertEquals(clock.countTimers(), 0);
    progress.finish({ ok: true });
    await progress.close({ report: true });
  }));

Deno.test("Progress passes on an error of the callback once, and stops", () =>
  timed(async (clock) => {
    let calls = 0;
    const { failures } = make(1, () => {
      if (++calls === 3) throw new Error("no");
    });
    await clock.tickAsync(2_000);
    assertEquals([calls, failures.length, clock.countTimers()], [3, 1, 0]);
  }));

Deno.test("Progress.close throws what the callback throws for the last report", () =>
  timed(async () => {
    let calls = 0;
    const { progress } = make(1, () => {
      if (++calls === 2) throw new Error("no");
    });
    await assertRejects(() => progress.close({ report: true }), Error, "no");
    await progress.close({ report: true });
    assertEquals(calls, 2);
  }));
