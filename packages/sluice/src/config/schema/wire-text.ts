/** Text of the configuration as the wire carries it: UTF-8, one character per byte. */
export function wireText(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let wire = '';
  for (let start = 0; start < bytes.length; start += 8192) wire += String.fromCharCode(...bytes.subarray(start, start + 8192));
  return wire;
}
