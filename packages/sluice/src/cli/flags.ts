/** Parses what flags carry. Each fault is one line that names the flag, the value, what is allowed. */
import { resolve } from 'node:path';
import { ENDPOINT, LISTENER, parseAddress } from '../config/address.ts';
import { usageFault } from './console.ts';

/** A whole number in a range. */
export function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) throw usageFault(`${flag} must be a whole number ${min}..${max}, got "${text}"`);
  return value;
}

/** Collects a flag that may be repeated. */
export function repeated(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** The name of a service. */
export function serviceName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(text)) return text;
  throw usageFault(`--name must be at most 64 letters, digits, '-', '_' and '.', starting with a letter or digit, got "${text}"`);
}

/** `8080`, `:8080`, `127.0.0.1:8080` or `unix:/path`, as the configuration writes a listener. */
export function listenerAddress(flag: string, text: string): string {
  const written = /^\d{1,5}$/.test(text) ? `:${text}` : text;
  const parsed = parseAddress(written, LISTENER);
  if (parsed.ok) return written;
  throw usageFault(`${flag} "${text}" ${parsed.problem}${parsed.hint === null ? '' : `; ${parsed.hint}`}`);
}

/** Where to listen, and whether TLS ends there, in the form of the configuration. @param tls `dev` or `CERT,KEY`; undefined is HTTP in the clear. */
export function listenerFlags(flag: string, address: string, tls: string | undefined): Readonly<Record<string, unknown>> {
  if (tls === undefined && address.startsWith('https://'))
    throw usageFault(`${flag} "${address}" has a scheme; write host and port only, and --tls dev or --tls CERT.pem,KEY.pem`);
  const place = listenerAddress(flag, address);
  if (tls === undefined) return { http: place };
  if (tls === 'dev') return { https: place, tls: 'dev' };
  const [cert = '', key = '', ...more] = tls.split(',');
  if (cert === '' || key === '' || more.length > 0) throw usageFault(`--tls must be dev or CERT.pem,KEY.pem, got "${tls}"`);
  return { https: place, tls: { certificates: { cert: resolve(cert), key: resolve(key) } } };
}

/** An endpoint as `--to` takes it: `127.0.0.1:3001` or `127.0.0.1:3001,weight=3,priority=1`, in the form of the configuration. */
export function endpointFlag(text: string): { readonly address: string } & Readonly<Record<string, unknown>> {
  const [address = '', ...settings] = text.split(',');
  const parsed = parseAddress(address, ENDPOINT);
  if (!parsed.ok) throw usageFault(`--to "${address}" ${parsed.problem}${parsed.hint === null ? '' : `; ${parsed.hint}`}`);
  const entries = settings.map((setting) => {
    const [key = '', value = ''] = setting.split('=');
    const max = ENDPOINT_SETTINGS.get(key);
    if (max === undefined)
      throw usageFault(`--to "${text}": unknown setting "${key}", known are ${[...ENDPOINT_SETTINGS.keys()].join(', ')}`);
    return [key, wholeNumber(`--to "${text}": ${key}`, value, 0, max)] as const;
  });
  return { address, ...Object.fromEntries(entries) };
}

/** What may follow an address, with its largest value. */
const ENDPOINT_SETTINGS: ReadonlyMap<string, number> = new Map([
  ['weight', 256],
  ['priority', 128],
  ['requestsMax', 1_000_000],
]);
