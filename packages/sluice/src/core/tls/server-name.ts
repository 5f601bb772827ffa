/**
 * The one form of a name that a TLS client asks for: lower case, without a trailing dot, letters, digits, `-` and `_` in labels of 1 to 63.
 * RFC 6066 §3 wants A-labels and forbids addresses. Underscores stay: they are in names that people use inside.
 */
import { canonicalIpv6 } from '../routing/ipv6.ts';

/** RFC 1035 §2.3.4, without the trailing dot. */
const NAME_LENGTH_MAX = 253;
const LABEL_LENGTH_MAX = 63;

const DOT = 0x2e;
const HYPHEN = 0x2d;
const UNDERSCORE = 0x5f;

/**
 * Checks a host_name (ASCII text, one character per byte).
 * @returns The canonical name, or null when it is no DNS name.
 */
export function canonicalServerName(text: string): string | null {
  const end = text.endsWith('.') ? text.length - 1 : text.length;
  if (end === 0 || end > NAME_LENGTH_MAX) return null;
  let label = 0;
  for (let at = 0; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (label === 0) return null;
      label = 0;
    } else if (!isNameCode(code) || ++label > LABEL_LENGTH_MAX) {
      return null;
    }
  }
  if (label === 0) return null;
  return text.slice(0, end).toLowerCase();
}

/** Whether the text is an IPv4 or IPv6 address as a client would write it. */
export function isAddress(text: string): boolean {
  return /^[0-9]{1,3}(\.[0-9]{1,3}){3}\.?$/.test(text) || (text.includes(':') && canonicalIpv6(text) !== null);
}

function isNameCode(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === HYPHEN || code === UNDERSCORE;
}
