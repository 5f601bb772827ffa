/**
 * The authority that a client of a forward proxy asks for: `host:port`, read so that no two programs can read it differently. A host is a name of letters, digits, hyphens and underscores, an
 * IPv4 address of four plain decimal parts, or an IPv6 address in brackets. Other ways of writing numbers (`127.1`, `0x7f.1`, `2130706433`, `0177.0.0.1`) mean addresses to some resolvers
 * and names to others: refused, as are userinfo, zones, escapes and ports with leading zeros. RFC 3986 §3.2, narrowed; RFC 1123 §2.1.
 */
import { ipBytes, ipText } from '../proxy-protocol/ip-bytes.ts';

export interface Authority {
  /** Lower case, without a trailing dot, brackets or port: a name, or an address in its canonical text (an IPv4-mapped one as IPv4). */
  readonly host: string;
  readonly isAddress: boolean;
  /** 1..65535. */
  readonly port: number;
}

const NAME_LENGTH_MAX = 253;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** The last label of what some parsers take for an IPv4 address (WHATWG URL §3.5, "ends in a number"). */
const NUMBER = /^(?:[0-9]+|0x[0-9a-f]*)$/;
const PORT = /^[1-9][0-9]{0,4}$/;

/** @param portDefault Where none is given; null: one must be. @returns Null when it is to be refused with 400. */
export function parseAuthority(text: string, portDefault: number | null): Authority | null {
  const close = text.startsWith('[') ? text.indexOf(']') : -1;
  const colon = text.indexOf(':', close + 1);
  if (close > 0 && colon !== close + 1 && close + 1 !== text.length) return null;
  const port = colon < 0 ? portDefault : parsePort(text.slice(colon + 1));
  if (port === null) return null;
  const host = colon < 0 ? text : text.slice(0, colon);
  return host.startsWith('[') ? addressIn(host, port) : nameOrIpv4(host, port);
}

/** As it stands in `Host` and in logs. */
export function formatDestination(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function parsePort(text: string): number | null {
  const port = PORT.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}

function addressIn(host: string, port: number): Authority | null {
  const bytes = host.endsWith(']') && host.includes(':') ? ipBytes(host.slice(1, -1)) : null;
  return bytes === null ? null : { host: ipText(bytes), isAddress: true, port };
}

function nameOrIpv4(given: string, port: number): Authority | null {
  const lower = given.toLowerCase();
  const host = lower.endsWith('.') ? lower.slice(0, -1) : lower;
  if (host.length === 0 || host.length > NAME_LENGTH_MAX) return null;
  const labels = host.split('.');
  if (NUMBER.test(labels.at(-1)!)) return host === lower && isPlainIpv4(labels) ? { host, isAddress: true, port } : null;
  return labels.every((label) => LABEL.test(label)) ? { host, isAddress: false, port } : null;
}

function isPlainIpv4(parts: readonly string[]): boolean {
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255);
}
