/**
 * Writes a text that a regular expression accepts: the shortest, simplest one. Groups, choices, classes and counts are
 * understood; look-arounds and back references are not, and are passed over.
 */

/** A text that the pattern accepts, as far as it is understood. */
export function textLike(pattern: string): string {
  return new Reader(pattern).choices();
}

class Reader {
  #at = 0;

  constructor(readonly pattern: string) {}

  /** The first of `a|b|c`; the others are read only to get past them. */
  choices(): string {
    const first = this.#sequence();
    while (this.pattern[this.#at] === "|") {
      this.#at++;
      this.#sequence();
    }
    return first;
  }

  #sequence(): string {
    let text = "";
    while (this.#at < this.pattern.length && !"|)".includes(this.pattern[this.#at]!)) {
      const one = this.#one();
      text += one.repeat(this.#times());
    }
    return text;
  }

  #one(): string {
    const char = this.pattern[this.#at++]!;
    if (char === "^" || char === "$") return "";
    if (char === ".") return "a";
    if (char === "[") return this.#class();
    if (char === "\\") return escaped(this.pattern[this.#at++] ?? "");
    if (char !== "(") return char;
    const kind = /^\?(?:<?[=!]|:|<[^>]*>)/.exec(this.pattern.slice(this.#at))?.[0] ?? "";
    this.#at += kind.length;
    const inner = this.choices();
    this.#at++;
    return /^\?<?[=!]/.test(kind) ? "" : inner;
  }

  #class(): string {
    const start = this.#at;
    while (this.#at < this.pattern.length && this.pattern[this.#at] !== "]") {
      this.#at += this.pattern[this.#at] === "\\" ? 2 : 1;
    }
    const inside = this.pattern.slice(start, this.#at++);
    if (!inside.startsWith("^")) {
      return inside[0] === "\\" ? escaped(inside[1] ?? "") : inside[0] ?? "";
    }
    const test = new RegExp(`[${inside}]`, "u");
    return [..."aA0 -_.x"].find((char) => test.test(char)) ?? "é";
  }

  /** The least that the count behind an item allows, but one rather than none where that is as good. */
  #times(): number {
    const count = /^(?:[*+?]|\{(\d*)(?:,(\d*))?\})\??/.exec(this.pattern.slice(this.#at));
    if (!count) return 1;
    this.#at += count[0].length;
    return count[0][0] === "{" ? Number(count[1] || 0) : count[0][0] === "+" ? 1 : 0;
  }
}

function escaped(char: string): string {
  return ({ d: "0", w: "a", s: " ", D: "a", W: " ", S: "a", b: "", B: "", n: "\n", t: "\t" })[
    char
  ] ??
    char;
}
