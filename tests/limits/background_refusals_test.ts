import { assertEquals } from "@std/assert";
import { BackgroundRefusals } from "../../src/limits/background_refusals.ts";

/** Cuts the window, so often, with such a share refused each time; gives the width to go back to, if there is one. */
function cuts(weather: BackgroundRefusals, times: number, sent: number, refused: number, now = 0) {
  for (let n = 0; n < times; n++) {
    weather.record({ sent, rejected: refused });
    const before = weather.judgeCut(100 - n, now);
    if (before !== undefined) return before;
  }
  return undefined;
}

Deno.test("weather: ten cuts in vain are it, and the width is that before them", () => {
  const weather = new BackgroundRefusals();
  assertEquals(cuts(weather, 10, 10, 2), undefined);
  assertEquals(weather.isActive(0), false);
  weather.record({ sent: 10, rejected: 2 });
  assertEquals(weather.judgeCut(7, 0), 100);
  assertEquals([weather.isActive(59_999), weather.isActive(60_000)], [true, false]);
});

Deno.test("weather: where many are refused before each cut, fewer cuts tell as much", () => {
  const weather = new BackgroundRefusals("manyRejections");
  assertEquals(cuts(weather, 3, 10, 2), undefined);
  assertEquals(cuts(weather, 1, 10, 2), 100);
});

Deno.test("weather: the width to go back to is not forgotten for a bad moment, but for a cut that helped", () => {
  for (const [helped, width] of [[false, 100], [true, 20]] as const) {
    const weather = new BackgroundRefusals("manyRejections");
    cuts(weather, 2, 10, 2);
    // By chance.
    weather.record({ sent: 10, rejected: 6 });
    assertEquals(weather.judgeCut(50, 0), undefined);
    if (helped) weather.cutHelped();
    const judged = [20, 15, 10, 8].map((width) => {
      weather.record({ sent: 10, rejected: 2 });
      return weather.judgeCut(width, 0);
    });
    assertEquals(judged, [undefined, undefined, undefined, width]);
  }
});

Deno.test("weather: if more than the half is refused, it is the limit", () => {
  const weather = new BackgroundRefusals();
  assertEquals(cuts(weather, 100, 10, 6), undefined);
  // One such cut begins the count anew.
  cuts(weather, 9, 10, 1);
  cuts(weather, 1, 10, 9);
  assertEquals(cuts(weather, 10, 10, 1), undefined);
});

Deno.test("weather: a cut that helped begins the count anew", () => {
  const weather = new BackgroundRefusals();
  cuts(weather, 10, 10, 1);
  weather.cutHelped();
  assertEquals(cuts(weather, 10, 10, 1), undefined);
});

Deno.test("weather: of too little one cannot tell; it is put together", () => {
  const weather = new BackgroundRefusals();
  // It takes eleven times ten of them.
  for (let n = 1; n < 110; n++) {
    weather.record({ sent: 1, rejected: 0 });
    assertEquals([weather.judgeCut(50, 0), weather.isActive(0)], [undefined, false]);
  }
  weather.record({ sent: 1, rejected: 1 });
  assertEquals([weather.judgeCut(50, 0), weather.isActive(0)], [50, true]);
});

Deno.test("weather: what was long ago is forgotten, so that good years do not hide a limit", () => {
  const weather = new BackgroundRefusals();
  for (let n = 0; n < 10; n++) {
    // Refusals that were borne.
    for (let m = 0; m < 1_000; m++) weather.record({ sent: 100, rejected: 1 });
    for (let m = 0; m < 64; m++) weather.record({ sent: 10, rejected: 6 });
    assertEquals(weather.judgeCut(50, 0), undefined);
  }
  // None of these ten was in vain.
  assertEquals(cuts(weather, 10, 10, 1), undefined);
});

Deno.test("weather: it ends when most is refused, and one can be sure of that", () => {
  const weather = new BackgroundRefusals();
  cuts(weather, 11, 10, 2);
  weather.record({ sent: 10, rejected: 9 });
  assertEquals([weather.judgeCut(50, 1), weather.isActive(1)], [undefined, true]);
  weather.record({ sent: 10, rejected: 9 });
  assertEquals([weather.judgeCut(50, 2), weather.isActive(2)], [undefined, false]);
});
