import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { LinkedList, type ListItem } from "../../src/async/linked_list.ts";

class Item implements ListItem<Item> {
  previous: Item | undefined;
  next: Item | undefined;
  constructor(readonly n: number) {}
}

function numbersOf(list: LinkedList<Item>): number[] {
  const numbers: number[] = [];
  for (let item = list.first; item !== undefined; item = item.next) numbers.push(item.n);
  return numbers;
}

Deno.test("LinkedList: removing an item twice does nothing", () => {
  const list = new LinkedList<Item>();
  const [a, b] = [new Item(1), new Item(2)];
  list.push(a);
  list.push(b);
  list.remove(a);
  list.remove(a);
  assertEquals(numbersOf(list), [2]);
  list.push(a);
  assertEquals(numbersOf(list), [2, 1]);
});

Deno.test("LinkedList: keeps the order of an array for any pushes and removals", () => {
  fc.assert(fc.property(fc.array(fc.nat(20), { maxLength: 100 }), (steps) => {
    const list = new LinkedList<Item>();
    const items = Array.from({ length: 21 }, (_, n) => new Item(n));
    const expected: number[] = [];
    for (const n of steps) {
      const at = expected.indexOf(n);
      if (at < 0) {
        list.push(items[n]!);
        expected.push(n);
      } else {
        list.remove(items[n]!);
        expected.splice(at, 1);
      }
      assertEquals(numbersOf(list), expected);
    }
  }));
});
