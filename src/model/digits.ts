/**
 * Remembers the digits of numbers that a JavaScript number cannot hold, such as those of the id
 * `1234567890123456789` or of the price `0.12345678901234567890`.
 *
 * They are remembered beside the object or list that has the number, so that the number itself
 * stays a number or a bigint, which schemas and user code understand. `stringifyExact` writes the
 * digits instead of the number while the number is unchanged.
 */

/** The digits of a number in a value, and the path to it. */
export type DigitsAt = readonly [path: readonly string[], digits: string];

const NONE: readonly DigitsAt[] = [];
const memory = new WeakMap<object, Map<string, string>>();
/** Whether any were remembered in this process. Usually none are, and nothing is searched. */
let isUsed = false;

/** Remembers the digits of a member. */
export function rememberDigits(holder: object, name: string, digits: string): void {
  isUsed = true;
  const known = memory.get(holder);
  if (known === undefined) memory.set(holder, new Map([[name, digits]]));
  else known.set(name, digits);
}

/** Returns the digits of a member. `undefined` if there are none, or if the member has changed. */
export function digitsOf(holder: object, name: string): string | undefined {
  if (!isUsed) return undefined;
  const digits = memory.get(holder)?.get(name);
  if (digits === undefined) return undefined;
  const value = (holder as Record<string, unknown>)[name];
  const isUnchanged = typeof value === "bigint"
    ? String(value) === digits
    : value === Number(digits);
  return isUnchanged ? digits : undefined;
}

/** Remembers the digits of members that were copied from one object to another. */
export function copyDigits(from: object, to: object): void {
  if (!isUsed) return;
  for (const name of memory.get(from)?.keys() ?? []) copyDigitsOf(from, name, to, name);
}

/** Remembers the digits of a member that was copied to a member with another name. */
export function copyDigitsOf(from: object, name: string, to: object, toName: string): void {
  const digits = digitsOf(from, name);
  if (digits === undefined) return;
  rememberDigits(to, toName, digits);
}

/** Remembers the digits of members, at any depth, that are equal in a copy of the value. */
export function carryDigits(from: unknown, to: unknown): void {
  if (from === to) return;
  for (const [path, digits] of findDigits(from)) restore(to, path, digits);
}

/** Returns all digits in a value, at any depth. */
export function findDigits(value: unknown): readonly DigitsAt[] {
  if (!isUsed) return NONE;
  const found: DigitsAt[] = [];
  visitDigits(value, (path, digits) => {
    found.push([path(), digits]);
  });
  return found;
}

/** Whether a value has digits at any depth. */
export function hasDigits(value: unknown): boolean {
  return isUsed && visitDigits(value, () => "stop") === "stop";
}

/** Remembers digits again after the value was stored or sent to another isolate. */
export function restoreDigits(value: unknown, found: readonly DigitsAt[]): void {
  for (const [path, digits] of found) restore(value, path, digits);
}

function restore(value: unknown, path: readonly string[], digits: string): void {
  let holder = value;
  for (const name of path.slice(0, -1)) {
    if (typeof holder !== "object" || holder === null || !Object.hasOwn(holder, name)) return;
    holder = (holder as Record<string, unknown>)[name];
  }
  const name = path.at(-1);
  if (typeof holder !== "object" || holder === null || name === undefined) return;
  const member = (holder as Record<string, unknown>)[name];
  if (typeof member !== "number" && typeof member !== "bigint") return;
  rememberDigits(holder, name, digits);
}

/** A visitor of digits. It may end the visit. */
type Visitor = (path: () => readonly string[], digits: string) => "stop" | void;

/** An object in a value, and the object that it is in. */
interface Place {
  readonly holder: object;
  readonly name: string;
  readonly above: Place | undefined;
}

/**
 * Visits each plain object and list once, without recursion: user data may be deep, or contain
 * itself. Other objects are not JSON.
 */
function visitDigits(root: unknown, visit: Visitor): "stop" | void {
  if (!isJsonObject(root)) return;
  const seen = new Set<object>([root]);
  const open: Place[] = [{ holder: root, name: "", above: undefined }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { holder } = place;
    for (const name of memory.get(holder)?.keys() ?? []) {
      const digits = digitsOf(holder, name);
      if (digits === undefined) continue;
      if (visit(pathTo.bind(undefined, place, name), digits) === "stop") return "stop";
    }
    for (const name in holder) {
      const member = (holder as Record<string, unknown>)[name];
      if (!isJsonObject(member) || seen.has(member)) continue;
      seen.add(member);
      open.push({ holder: member, name, above: place });
    }
  }
}

function pathTo(place: Place, name: string): readonly string[] {
  const path = [name];
  for (let at = place; at.above !== undefined; at = at.above) path.push(at.name);
  return path.reverse();
}

function isJsonObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
