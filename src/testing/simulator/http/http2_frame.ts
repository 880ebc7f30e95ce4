/** The frames of HTTP/2: their types, flags, error codes and layout. */

/** The maximum size of a payload, in bytes, unless the other side allows more. */
export const LARGEST_FRAME = 16_384;

/** The types of frames. */
export const Type = {
  Data: 0,
  Headers: 1,
  Reset: 3,
  Settings: 4,
  Ping: 6,
  Window: 8,
  Continuation: 9,
} as const;

export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;
export const PADDED = 8;
export const PRIORITY = 32;

export const INTERNAL_ERROR = 2;
export const REFUSED_STREAM = 7;

/** Builds a frame. */
export function frame(type: number, flags: number, id: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length << 8);
  view.setUint8(3, type);
  view.setUint8(4, flags);
  view.setUint32(5, id);
  bytes.set(payload, 9);
  return bytes;
}

/** Encodes a number in 4 bytes. */
export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** Removes the padding of a payload. */
export function unpad(payload: Uint8Array): Uint8Array {
  return payload.subarray(1, payload.length - payload[0]!);
}

/** Concatenates byte arrays. */
export function join(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
