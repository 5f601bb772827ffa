/**
 * IPv6 literals as hosts: checked against RFC 4291 §2.2 and written in the one form of RFC 5952, so that a host has one spelling.
 * Zone identifiers (RFC 6874) mean nothing to another machine and are refused.
 */

/**
 * Parses the text between the brackets of an IPv6 host.
 * @returns The address as RFC 5952 writes it, or null when it is none.
 */
export function canonicalIpv6(text: string): string | null {
  if (text.length < 2 || text.length > 45) return null;
  const gap = text.indexOf('::');
  if (gap < 0) {
    const groups = parseGroups(text);
    return groups !== null && groups.length === 8 ? formatGroups(groups) : null;
  }
  if (text.indexOf('::', gap + 1) >= 0) return null;
  const left = gap === 0 ? [] : parseGroups(text.slice(0, gap), false);
  const right = gap + 2 === text.length ? [] : parseGroups(text.slice(gap + 2));
  if (left === null || right === null || left.length + right.length > 7) return null;
  const zeros = new Array<number>(8 - left.length - right.length).fill(0);
  return formatGroups([...left, ...zeros, ...right]);
}

/** 16-bit groups; the last may be a dotted quad, which makes two. */
function parseGroups(text: string, mayEndDotted = true): number[] | null {
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (mayEndDotted && index === parts.length - 1 && part.includes('.')) {
      const quad = parseQuad(part);
      if (quad === null) return null;
      groups.push(quad >>> 16, quad & 0xffff);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return null;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

function parseQuad(text: string): number | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return null;
    value = value * 256 + Number(part);
  }
  return value;
}

/** RFC 5952 §4: lower case, no leading zeros, the longest run of two or more zero groups (the first of equals) as `::`. */
function formatGroups(groups: readonly number[]): string {
  let bestStart = -1;
  let bestLength = 1;
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - start > bestLength) {
      bestStart = start;
      bestLength = end - start;
    }
    if (end > start) start = end;
  }
  const text = groups.map((group) => group.toString(16));
  if (bestStart < 0) return text.join(':');
  return `${text.slice(0, bestStart).join(':')}::${text.slice(bestStart + bestLength).join(':')}`;
}
