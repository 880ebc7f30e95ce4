/**
 * Returns a short text that a regular expression accepts. Supports groups, alternatives, classes
 * and quantifiers; look-arounds and back references are ignored.
 */
export function textForPattern(pattern: string): string {
  return new PatternReader(pattern).alternatives();
}

class PatternReader {
  #at = 0;

  constructor(readonly pattern: string) {}

  /** Reads `a|b|c` and returns the text for the first alternative. */
  alternatives(): string {
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
      const atom = this.#atom();
      text += atom.repeat(this.#repetitions());
    }
    return text;
  }

  #atom(): string {
    const char = this.pattern[this.#at++]!;
    if (char === "^" || char === "$") return "";
    if (char === ".") return "a";
    if (char === "[") return this.#class();
    if (char === "\\") return escaped(this.pattern[this.#at++] ?? "");
    if (char !== "(") return char;
    const kind = /^\?(?:<?[=!]|:|<[^>]*>)/.exec(this.pattern.slice(this.#at))?.[0] ?? "";
    this.#at += kind.length;
    const inner = this.alternatives();
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

  /** Reads the quantifier of an atom, if there is one, and returns its minimum. */
  #repetitions(): number {
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
