/**
 * Addresses as people write them: `127.0.0.1:3001`, `[::1]:80`, `localhost:3000`, `:8080`, `unix:/run/app.sock`. Each has one canonical
 * text (lower case, RFC 5952 for IPv6), so that the same endpoint is never counted twice. Dotted numbers must be four plain decimal parts:
 * `127.1`, `0x7f.1` and `010.0.0.1` mean different hosts to different resolvers.
 */
import ipaddr from 'ipaddr.js';
import type { AddressPlan } from './plan.ts';

/** What the parser may assume, by use: a listener, an upstream or the admin API. */
export interface AddressUse {
  /** What `:8080` stands for; null refuses an address without a host. */
  readonly hostDefault: string | null;
  /** Whether port 0 (any free port) is an address. */
  readonly anyPort: boolean;
}

/** `:8080` is every interface, IPv6 and IPv4, as everywhere else. */
export const LISTENER: AddressUse = { hostDefault: '::', anyPort: true };
/** `:9900` is loopback: the admin API is opened to a network only by naming it. */
export const ADMIN: AddressUse = { hostDefault: '127.0.0.1', anyPort: true };
/** A host is always named. */
export const ENDPOINT: AddressUse = { hostDefault: null, anyPort: false };

/** The parsed address with its canonical text, or what is wrong and, where it is plain, what was meant. */
export type ParsedAddress =
  | { readonly ok: true; readonly address: AddressPlan; readonly text: string }
  | { readonly ok: false; readonly problem: string; readonly hint: string | null };

/** Bytes of a unix socket path on Linux: `sun_path` is 108 with its end mark. */
const UNIX_PATH_BYTES_MAX = 107;
const HOST_BYTES_MAX = 253;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Parses one address. */
export function parseAddress(text: string, use: AddressUse): ParsedAddress {
  if (text.startsWith('unix:')) return parseUnix(text.slice(5));
  if (text.startsWith('/')) return fault('names a path without saying what it is', `a unix socket is written 'unix:${text}'`);
  if (text.includes('://')) return fault('has a scheme', schemeHint(text, use));
  if (/^\d{1,5}$/.test(text)) return fault('has no host', `write ${use.hostDefault === null ? `'127.0.0.1:${text}'` : `':${text}'`}`);
  const colon = text.lastIndexOf(':');
  const bracketed = text.startsWith('[');
  if (colon === -1 || (bracketed && text.endsWith(']'))) return fault('has no port', `write '${text}:80'`);
  const port = text.slice(colon + 1);
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535 || (port === '0' && !use.anyPort)) {
    return fault(`has a port that is not ${use.anyPort ? 0 : 1}..65535`, null);
  }
  return withHost(text.slice(0, colon), Number(port), use);
}

/** The canonical text of an address. */
export function formatAddress(address: AddressPlan): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** Whether only this machine can reach the address. */
export function isLoopback(address: AddressPlan): boolean {
  return address.kind === 'unix' || address.host === 'localhost' || address.host === '::1' || /^127(?:\.\d+){3}$/.test(address.host);
}

/** What `https://` says of an endpoint is a setting of its service. */
function schemeHint(text: string, use: AddressUse): string {
  return use === ENDPOINT && text.startsWith('https:')
    ? 'write host and port only, and tls: true in the service'
    : 'write host and port only';
}

function fault(problem: string, hint: string | null): ParsedAddress {
  return { ok: false, problem, hint };
}

function parseUnix(path: string): ParsedAddress {
  if (!path.startsWith('/')) return fault('is not an absolute socket path', "write 'unix:/path'");
  if (/[\0\r\n]/.test(path)) return fault('has a control character', null);
  const bytes = new TextEncoder().encode(path).length;
  if (bytes > UNIX_PATH_BYTES_MAX) return fault(`is ${bytes} bytes long; a socket path is at most ${UNIX_PATH_BYTES_MAX}`, null);
  return { ok: true, address: { kind: 'unix', path }, text: `unix:${path}` };
}

function withHost(host: string, port: number, use: AddressUse): ParsedAddress {
  if (host === '') {
    if (use.hostDefault === null) return fault('has no host', `write '127.0.0.1:${port}'`);
    return tcp(use.hostDefault, port);
  }
  if (host.startsWith('[') && host.endsWith(']')) {
    const inner = host.slice(1, -1);
    if (!ipaddr.IPv6.isValid(inner)) return fault('is not an IPv6 address between its brackets', null);
    return tcp(ipaddr.IPv6.parse(inner).toRFC5952String(), port);
  }
  if (host.includes(':')) return fault('has an IPv6 address without brackets', `write '[${host}]:${port}'`);
  return parseName(host.toLowerCase(), port);
}

function parseName(host: string, port: number): ParsedAddress {
  if (host.length > HOST_BYTES_MAX) return fault(`has a host name longer than ${HOST_BYTES_MAX} bytes`, null);
  const labels = (host.endsWith('.') ? host.slice(0, -1) : host).split('.');
  const isNumeric = /^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '');
  if (isNumeric && !ipaddr.IPv4.isValidFourPartDecimal(host)) {
    return fault('is not an IPv4 address of four parts 0..255', null);
  }
  if (!labels.every((label) => LABEL.test(label))) return fault('has a host name that is not letters, digits, hyphens and dots', null);
  return tcp(host, port);
}

function tcp(host: string, port: number): ParsedAddress {
  const address: AddressPlan = { kind: 'tcp', host, port };
  return { ok: true, address, text: formatAddress(address) };
}
