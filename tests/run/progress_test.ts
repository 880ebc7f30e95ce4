import { install } from "@sinonjs/fake-timers";
import { assertEquals, assertRejects } from "@std/assert";
import { Progress, type ProgressReport } from "../../src/run/progress.ts";

async function timed(work: (clock: ReturnType<typeof install>) => Promise<void>): Promise<void> {
  const clock = install();
  try {
    await work(clock);
  } finally {
    clock.uninstall();
  }
}

function watch(total: number | undefined) {
  const reports: ProgressReport[] = [];
  const failures: unknown[] = [];
  const progress = new Progress(
    total,
    (report) => void reports.push(report),
    (error) => failures.push(error),
  );
  return { progress, reports, failures };
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
    await progress.close(true);
    assertEquals(reports.length, 8);
    await progress.close(true);
    await clock.tickAsync(1_000);
    assertEquals(reports.length, 8);
  }));

Deno.test("Progress counts, and tells the pace and the time that is left", () =>
  timed(async (clock) => {
    const { progress, reports } = watch(10);
    for (let i = 0; i < 5; i++) progress.begin();
    progress.end({ ok: true, tokens: 10, cost: 0.5 });
    progress.end({ ok: false, tokens: 3 });
    progress.end({ ok: true, cost: 0.25 });
    progress.end(undefined);
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
    await progress.close(false);
  }));

Deno.test("Progress tells no time that is left where it cannot be known", () =>
  timed(async (clock) => {
    const known = watch(10);
    const unknown = watch(undefined);
    await clock.tickAsync(200);
    assertEquals([known.reports.at(-1)!.etaMs, known.reports.at(-1)!.cost], [undefined, undefined]);
    unknown.progress.begin();
    unknown.progress.end({ ok: true });
    await clock.tickAsync(200);
    assertEquals([unknown.reports.at(-1)!.etaMs, unknown.reports.at(-1)!.total], [
      undefined,
      undefined,
    ]);
    await known.progress.close(false);
    await unknown.progress.close(false);
  }));

Deno.test("Progress without a callback costs no timer", () =>
  timed(async (clock) => {
    const progress = new Progress(3, undefined, () => {});
    assertEquals(clock.countTimers(), 0);
    progress.begin();
    progress.end({ ok: true });
    await progress.close(true);
  }));

Deno.test("Progress hands on what the callback throws, once, and stops", () =>
  timed(async (clock) => {
    const failures: unknown[] = [];
    let told = 0;
    new Progress(1, () => {
      if (++told === 3) throw new Error("no");
    }, (error) => failures.push(error));
    await clock.tickAsync(2_000);
    assertEquals([told, failures.length, clock.countTimers()], [3, 1, 0]);
  }));

Deno.test("Progress throws at the end what the callback throws in its last report", () =>
  timed(async () => {
    let told = 0;
    const progress = new Progress(1, () => {
      if (++told === 2) throw new Error("no");
    }, () => {});
    await assertRejects(() => progress.close(true), Error, "no");
    await progress.close(true);
    assertEquals(told, 2);
  }));
