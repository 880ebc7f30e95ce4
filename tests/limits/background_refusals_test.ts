import { assertEquals } from "@std/assert";
import { Weather } from "../../src/limits/background_refusals.ts";

/** Cuts the window, so often, with such a share refused each time; gives the width to go back to, if there is one. */
function cuts(weather: Weather, times: number, sent: number, refused: number, now = 0) {
  for (let n = 0; n < times; n++) {
    weather.note({ sent, refused });
    const before = weather.judge(100 - n, now);
    if (before !== undefined) return before;
  }
  return undefined;
}

Deno.test("weather: ten cuts in vain are it, and the width is that before them", () => {
  const weather = new Weather();
  assertEquals(cuts(weather, 10, 10, 2), undefined);
  assertEquals(weather.lasts(0), false);
  weather.note({ sent: 10, refused: 2 });
  assertEquals(weather.judge(7, 0), 100);
  assertEquals([weather.lasts(59_999), weather.lasts(60_000)], [true, false]);
});

Deno.test("weather: where many are refused before each cut, fewer cuts tell as much", () => {
  const weather = new Weather(true);
  assertEquals(cuts(weather, 3, 10, 2), undefined);
  assertEquals(cuts(weather, 1, 10, 2), 100);
});

Deno.test("weather: the width to go back to is not forgotten for a bad moment, but for a cut that helped", () => {
  for (const [helped, width] of [[false, 100], [true, 20]] as const) {
    const weather = new Weather(true);
    cuts(weather, 2, 10, 2);
    // By chance.
    weather.note({ sent: 10, refused: 6 });
    assertEquals(weather.judge(50, 0), undefined);
    if (helped) weather.helped();
    const judged = [20, 15, 10, 8].map((width) => {
      weather.note({ sent: 10, refused: 2 });
      return weather.judge(width, 0);
    });
    assertEquals(judged, [undefined, undefined, undefined, width]);
  }
});

Deno.test("weather: if more than the half is refused, it is the limit", () => {
  const weather = new Weather();
  assertEquals(cuts(weather, 100, 10, 6), undefined);
  // One such cut begins the count anew.
  cuts(weather, 9, 10, 1);
  cuts(weather, 1, 10, 9);
  assertEquals(cuts(weather, 10, 10, 1), undefined);
});

Deno.test("weather: a cut that helped begins the count anew", () => {
  const weather = new Weather();
  cuts(weather, 10, 10, 1);
  weather.helped();
  assertEquals(cuts(weather, 10, 10, 1), undefined);
});

Deno.test("weather: of too little one cannot tell; it is put together", () => {
  const weather = new Weather();
  // It takes eleven times ten of them.
  for (let n = 1; n < 110; n++) {
    weather.note({ sent: 1, refused: 0 });
    assertEquals([weather.judge(50, 0), weather.lasts(0)], [undefined, false]);
  }
  weather.note({ sent: 1, refused: 1 });
  assertEquals([weather.judge(50, 0), weather.lasts(0)], [50, true]);
});

Deno.test("weather: what was long ago is forgotten, so that good years do not hide a limit", () => {
  const weather = new Weather();
  for (let n = 0; n < 10; n++) {
    // Refusals that were borne.
    for (let m = 0; m < 1_000; m++) weather.note({ sent: 100, refused: 1 });
    for (let m = 0; m < 64; m++) weather.note({ sent: 10, refused: 6 });
    assertEquals(weather.judge(50, 0), undefined);
  }
  // None of these ten was in vain.
  assertEquals(cuts(weather, 10, 10, 1), undefined);
});

Deno.test("weather: it ends when most is refused, and one can be sure of that", () => {
  const weather = new Weather();
  cuts(weather, 11, 10, 2);
  weather.note({ sent: 10, refused: 9 });
  assertEquals([weather.judge(50, 1), weather.lasts(1)], [undefined, true]);
  weather.note({ sent: 10, refused: 9 });
  assertEquals([weather.judge(50, 2), weather.lasts(2)], [undefined, false]);
});
