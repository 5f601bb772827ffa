/** Bytes to text. Buffers have a native latin1 decoder; plain byte arrays (the codec knows no Node) take the loop. */

interface Latin1Source extends Uint8Array {
  latin1Slice?(start: number, end: number): string;
}

/** `bytes[start, end)` as latin1: one character per byte, so lengths and offsets agree. About 40 ns for a Buffer. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  const source = bytes as Latin1Source;
  if (source.latin1Slice !== undefined) return source.latin1Slice(start, end);
  let text = '';
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}
