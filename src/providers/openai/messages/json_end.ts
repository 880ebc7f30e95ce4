/** Finds the end of a JSON object that arrives in parts. Each character is read once. */
export class JsonEnd {
  #depth = 0;
  #isText = false;
  #isEscaped = false;
  #state: "before" | "inside" | "ended" | "broken" = "before";

  /** Whether the brackets of one object are closed, and only whitespace is around it. */
  get isReached(): boolean {
    return this.#state === "ended";
  }

  /** Adds the next part. */
  add(part: string): void {
    for (let i = 0; i < part.length && this.#state !== "broken"; i++) this.#read(part[i]!);
  }

  #read(char: string): void {
    if (this.#isText) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (char === "\\") this.#isEscaped = true;
      else if (char === '"') this.#isText = false;
      return;
    }
    if (char === "{" || char === "[") {
      const begins = this.#state === "before" && char === "{";
      if (this.#state !== "inside" && !begins) this.#state = "broken";
      else this.#state = "inside";
      this.#depth++;
    } else if (this.#state !== "inside") {
      if (char.trim() !== "") this.#state = "broken";
    } else if (char === '"') {
      this.#isText = true;
    } else if ((char === "}" || char === "]") && --this.#depth === 0) {
      this.#state = "ended";
    }
  }
}
