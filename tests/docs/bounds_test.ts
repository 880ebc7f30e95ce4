/** Checks the bounds in the tables of options against what the library accepts. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readApi } from "../../tools/docs/api.ts";
import { boundsOf, typeOf } from "../../tools/docs/bounds.ts";
import { optionsOf } from "../../tools/docs/options_of.ts";
import { PROBES, rejection } from "../../tools/docs/probes.ts";

interface Values {
  /** Values just outside of the bounds, at both ends. */
  readonly outside: readonly number[];
  /** Values at the bounds. */
  readonly inside: readonly number[];
}

const POSITIVE: Values = { outside: [0, -1, NaN], inside: [0.5, 1] };
const ZERO_OR_MORE: Values = { outside: [-1, -0.001, NaN], inside: [0] };
const BELOW_ONE: Values = { outside: [-0.001, 1, NaN], inside: [0, 0.999] };
const COUNT: Values = { outside: [0, -1, 1.5, NaN], inside: [1] };
const WHOLE: Values = { outside: [-1, 0.5, NaN], inside: [0, 1] };

/** The values for bounds, by their words in the tables. */
const VALUES: Readonly<Record<string, Values>> = {
  "a finite number": { outside: [Infinity, -Infinity, NaN], inside: [-1, 0.5] },
  "a number above 0": POSITIVE,
  "a number from 0 to 1": { outside: [-0.001, 1.001, NaN], inside: [0, 1] },
  "a number from 50 to below 100": { outside: [49.9, 100, NaN], inside: [50, 99.9] },
  "a number of US dollars, 0 or more": ZERO_OR_MORE,
  "a number of milliseconds, 0 or more": ZERO_OR_MORE,
  "a port from 0 to 65535": { outside: [-1, 65_536, 1.5, NaN], inside: [0] },
  "a positive integer": COUNT,
  "a positive integer or Infinity": { outside: COUNT.outside, inside: [1, Infinity] },
  "a positive number a minute": POSITIVE,
  "a positive number of milliseconds": POSITIVE,
  "a share from 0 up to, but not, 1": BELOW_ONE,
  "a status from 200 to 599": { outside: [199, 600, NaN], inside: [200, 599] },
  "a whole number from 1 to 500,000,000": {
    outside: [0, 500_000_001, 1.5, NaN],
    inside: [1, 500_000_000],
  },
  "a whole number, 0 or more": WHOLE,
  "a whole number, 0 or more, or Infinity": { outside: WHOLE.outside, inside: [0, 1, Infinity] },
  "above 0 and at most 1": { outside: [0, 1.001, NaN], inside: [0.001, 1] },
  "at least 0 and below 1": BELOW_ONE,
  "milliseconds above 0": POSITIVE,
  "milliseconds since 1970": { outside: [NaN], inside: [0] },
  "milliseconds, 0 or more, or Infinity": {
    outside: ZERO_OR_MORE.outside,
    inside: [0, Infinity],
  },
};

/** Types that look like options and are not passed to a function of the library. */
const NOT_PASSED = ["PriceDetails", "WorkerPermissionOptions"];

const api = await readApi();

/** The types with a table in a guide. */
function typesInGuides(): readonly string[] {
  const types = new Set<string>();
  const add = (folder: URL): void => {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      if (isDirectory) add(new URL(`${name}/`, folder));
      else if (name.endsWith(".md")) {
        const text = Deno.readTextFileSync(new URL(name, folder));
        for (const [, type] of text.matchAll(/^<!-- options: (\w+) -->$/gm)) types.add(type!);
      }
    }
  };
  add(new URL("../../docs/", import.meta.url));
  return [...types];
}

Deno.test("the options of each table are checked by a function of the library", () => {
  const types = typesInGuides();
  assert(types.length > 20);
  const unchecked = types.filter((type) => PROBES[type] === undefined);
  assertEquals(unchecked.filter((type) => !NOT_PASSED.includes(type)), []);
});

Deno.test("each option that is a number has bounds in its table", async () => {
  const without: string[] = [];
  for (const type of Object.keys(PROBES)) {
    for (const { type: declaring, member } of optionsOf(api, type)) {
      const isNumber = /^(?:number|number \| .*)$/.test(typeOf(member.text));
      const bounds = await boundsOf(type, member) ?? await boundsOf(declaring, member);
      if (isNumber && bounds === undefined) without.push(`${type}.${member.name}`);
    }
  }
  assertEquals(without, []);
});

Deno.test("values outside of the bounds are rejected, and values at the bounds are not", async () => {
  let checked = 0;
  for (const type of Object.keys(PROBES)) {
    for (const member of api.symbols.get(type)!.members) {
      const bounds = await boundsOf(type, member);
      if (bounds === undefined || !/\bnumber\b/.test(typeOf(member.text))) continue;
      const values = VALUES[bounds];
      assert(values !== undefined, `${type}.${member.name}: "${bounds}" has no values here`);
      const isPort = bounds.startsWith("a port");
      for (const value of values.outside) {
        const error = await rejection(type, member.name, value);
        assert(error instanceof RangeError, `${type}.${member.name}: ${value} is accepted`);
        assertStringIncludes(error.message, member.name);
        checked++;
      }
      // Ports would be opened.
      for (const value of isPort ? [] : values.inside) {
        const error = await rejection(type, member.name, value);
        assert(
          !(error instanceof RangeError) && !error?.message.includes("must be"),
          `${type}.${member.name}: ${value} is rejected: ${error?.message}`,
        );
        checked++;
      }
    }
  }
  assert(checked > 300, `only ${checked} values were checked`);
});
