/**
 * HPACK (RFC 7541), the header compression of HTTP/2. Reading supports all of it; writing uses
 * literals without compression only, which every client must accept.
 */

/** The static table, `name=value`, from index 1. */
const STATIC = (":authority|:method=GET|:method=POST|:path=/|:path=/index.html|:scheme=http|" +
  ":scheme=https|:status=200|:status=204|:status=206|:status=304|:status=400|:status=404|" +
  ":status=500|accept-charset|accept-encoding=gzip, deflate|accept-language|accept-ranges|accept|" +
  "access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|" +
  "content-encoding|content-language|content-length|content-location|content-range|content-type|" +
  "cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|" +
  "if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate|" +
  "proxy-authorization|range|referer|refresh|retry-after|server|set-cookie|" +
  "strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate")
  .split("|").map((entry): Field => {
    const at = entry.indexOf("=");
    return at < 0 ? [entry, ""] : [entry.slice(0, at), entry.slice(at + 1)];
  });

/**
 * The length in bits of the Huffman code of each octet and of the end mark, in base 36. The code
 * is canonical, so that the lengths define it.
 */
const LENGTHS =
  "dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6cad67777777777777777777777" +
  "878djde6f56565666577666567655677777fbedskmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnn" +
  "llmnlnmnnkmmmnmmmnqqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu";

type Field = [name: string, value: string];

/** The symbols by code: one map for each length. */
const CODES: ReadonlyMap<number, number>[] = huffmanCodes();

function huffmanCodes(): Map<number, number>[] {
  const byLength: Map<number, number>[] = Array.from({ length: 31 }, () => new Map());
  let code = 0;
  for (let bits = 1; bits <= 30; bits++, code *= 2) {
    for (let symbol = 0; symbol < LENGTHS.length; symbol++) {
      if (parseInt(LENGTHS[symbol]!, 36) === bits) byLength[bits]!.set(code++, symbol);
    }
  }
  return byLength;
}

/** Reads the header blocks of a connection, which must be read in order. */
export class HpackReader {
  #table: Field[] = [];
  #size = 0;
  #limit = 4096;
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;

  /**
   * Reads the headers of a block.
   *
   * @throws {RangeError} If the block is invalid.
   */
  read(block: Uint8Array): Record<string, string> {
    this.#bytes = block;
    this.#at = 0;
    const headers: Record<string, string> = Object.create(null);
    while (this.#at < block.length) {
      const first = block[this.#at]!;
      if (first & 0x80) {
        const [name, value] = this.#entry(this.#integer(7));
        headers[name] = value;
      } else if ((first & 0xe0) === 0x20) {
        this.#limit = Math.min(4096, this.#integer(5));
        this.#evict();
      } else {
        const indexed = (first & 0x40) !== 0;
        const index = this.#integer(indexed ? 6 : 4);
        const name = index === 0 ? this.#text() : this.#entry(index)[0];
        const value = this.#text();
        headers[name] = value;
        if (indexed) this.#add([name, value]);
      }
    }
    return headers;
  }

  #entry(index: number): Field {
    const entry = index <= STATIC.length
      ? STATIC[index - 1]
      : this.#table[index - STATIC.length - 1];
    if (!entry) throw new RangeError("The index of the header is invalid");
    return entry;
  }

  #add(field: Field): void {
    this.#table.unshift(field);
    this.#size += field[0].length + field[1].length + 32;
    this.#evict();
  }

  #evict(): void {
    while (this.#size > this.#limit) {
      const [name, value] = this.#table.pop()!;
      this.#size -= name.length + value.length + 32;
    }
  }

  #integer(prefix: number): number {
    const mask = 2 ** prefix - 1;
    let value = this.#bytes[this.#at++]! & mask;
    if (value < mask) return value;
    for (let scale = 1;; scale *= 128) {
      const next = this.#bytes[this.#at++];
      if (next === undefined || scale > 2 ** 28) throw new RangeError("The integer is invalid");
      value += (next & 127) * scale;
      if (next < 128) return value;
    }
  }

  #text(): string {
    const packed = (this.#bytes[this.#at]! & 0x80) !== 0;
    const length = this.#integer(7);
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    if (bytes.length < length) throw new RangeError("The header block is truncated");
    this.#at += length;
    return packed ? unpack(bytes) : String.fromCharCode(...bytes);
  }
}

function unpack(bytes: Uint8Array): string {
  let text = "";
  let code = 0;
  let bits = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1);
      const symbol = CODES[++bits]?.get(code);
      if (symbol === undefined) {
        if (bits >= 30) throw new RangeError("The Huffman code is invalid");
        continue;
      }
      text += String.fromCharCode(symbol);
      code = bits = 0;
    }
  }
  return text;
}

/** Writes a response head as literals that do not enter the client's table. */
export function packHeaders(status: number, headers: Readonly<Record<string, string>>): Uint8Array {
  const bytes: number[] = [];
  const put = (text: string): void => {
    if (text.length < 127) bytes.push(text.length);
    else {
      bytes.push(127);
      let rest = text.length - 127;
      for (; rest >= 128; rest >>= 7) bytes.push((rest & 127) | 128);
      bytes.push(rest);
    }
    for (let i = 0; i < text.length; i++) bytes.push(text.charCodeAt(i) & 255);
  };
  for (const [name, value] of [[":status", String(status)], ...Object.entries(headers)]) {
    bytes.push(0);
    put(name!);
    put(value!);
  }
  return Uint8Array.from(bytes);
}
