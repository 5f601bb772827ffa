/**
 * Who is asking, and what the origin is told about it: X-Forwarded-* (de facto), Forwarded (RFC 7239), Via (RFC 9110 §7.6.3), X-Request-Id.
 * Only peers in `trustedProxies` are believed; from anyone else these fields, and every alias of them, are dropped.
 */
import { isIP } from 'node:net';
import type { RequestParser } from '../../core/http1/request-parser.ts';
import { ALIAS, ID } from '../../core/http1/field-section.ts';
import * as known from '../../core/http1/known-fields.ts';
import type { HttpVersion } from './exchange.ts';
import type { ForwardingPlan } from '../../config/plan.ts';
import { AddressList, unmapped } from '../address-list.ts';
import type { Arrival, TlsFacts } from '../listeners/arrival.ts';

/** Addresses examined in one X-Forwarded-For at most; what is left of them is not believed. */
const HOPS_MAX = 32;

/** A listener's rules, compiled once. */
export class ForwardingRules {
  readonly plan: ForwardingPlan;
  /** `Via: 1.0 name`, `Via: 1.1 name` and `Via: 2.0 name`, each with CRLF; or empty. */
  private readonly viaLines: readonly string[];
  readonly writesXForwarded: boolean;
  readonly writesForwarded: boolean;
  private readonly trusted: AddressList | null;

  constructor(plan: ForwardingPlan) {
    this.plan = plan;
    this.viaLines = plan.via === null ? ['', '', ''] : [`Via: 1.0 ${plan.via}\r\n`, `Via: 1.1 ${plan.via}\r\n`, `Via: 2.0 ${plan.via}\r\n`];
    this.writesXForwarded = plan.headers === 'x-forwarded' || plan.headers === 'both';
    this.writesForwarded = plan.headers === 'forwarded' || plan.headers === 'both';
    this.trusted = plan.trustedProxies.length === 0 ? null : new AddressList(plan.trustedProxies);
  }

  /** The Via line of a message: it names the version in which the message came (RFC 9110 §7.6.3). Empty when there is none. */
  viaLine(version: HttpVersion): string {
    return this.viaLines[version]!;
  }

  /** Whether this address (without port and brackets) may speak for others. A peer on a unix socket (empty address) may, when anyone is trusted. */
  trusts(address: string): boolean {
    if (this.trusted === null) return false;
    return address === '' || this.trusted.has(address);
  }
}

/** Who is at the other end of a connection. */
export type Peer = Pick<Arrival, 'address' | 'tls'>;

/** What one connection adds to each of its requests. */
export class PeerIdentity {
  /** Without port; IPv4-mapped IPv6 as IPv4; empty for a unix socket. */
  readonly address: string;
  readonly isTrusted: boolean;
  /** Null in the clear. */
  readonly tls: TlsFacts | null;
  readonly rules: ForwardingRules;
  /** For untrusted peers: X-Forwarded-For and -Proto, whole lines. */
  private readonly lines: string;
  /** About the client's certificate. */
  private readonly clientLines: string;
  private readonly forwardedPrefix: string;
  private readonly isHttp2: boolean;
  /** Of an untrusted peer the lines depend on the host alone, and a connection rarely asks for another. */
  private lastHost: string | null = null;
  private lastLines = '';

  /** @param isHttp2 What is spoken; for Via. */
  constructor(rules: ForwardingRules, peer: Peer, isHttp2 = false) {
    this.isHttp2 = isHttp2;
    const scheme = peer.tls === null ? 'http' : 'https';
    this.address = unmapped(peer.address ?? '');
    this.rules = rules;
    this.isTrusted = rules.trusts(this.address);
    const shown = this.address === '' ? 'unknown' : this.address;
    this.tls = peer.tls;
    this.clientLines = peer.tls?.clientLines ?? '';
    this.lines = `X-Forwarded-For: ${shown}\r\nX-Forwarded-Proto: ${scheme}\r\n`;
    this.forwardedPrefix = `for=${shown.includes(':') ? `"[${shown}]"` : shown};proto=${scheme}`;
  }

  /** What is said of the client's certificate is ours: nobody else's word of it passes. */
  get tellsOfCertificate(): boolean {
    return this.clientLines !== '';
  }

  /** The field lines for a request; `host` is what the client asked for. */
  requestLines(parser: RequestParser, bytes: Buffer, start: number, host: string): string {
    if (this.isTrusted || parser.minorVersion === 0) return this.compose(parser, bytes, start, host);
    if (host !== this.lastHost) {
      this.lastHost = host;
      this.lastLines = this.compose(parser, bytes, start, host);
    }
    return this.lastLines;
  }

  private compose(parser: RequestParser, bytes: Buffer, start: number, host: string): string {
    const { rules } = this;
    let text = rules.viaLine(this.isHttp2 ? 2 : parser.minorVersion) + this.clientLines;
    if (rules.writesXForwarded) {
      text += this.isTrusted ? this.trustedLines(parser, bytes, start, host) : this.lines + hostLine(host);
    }
    if (rules.writesForwarded) {
      const before = this.isTrusted ? joined(parser, bytes, start, known.FORWARDED) : '';
      text += `Forwarded: ${before === '' ? '' : `${before}, `}${this.forwardedPrefix}${hostParameter(host)}\r\n`;
    }
    return text;
  }

  /** The address of the client itself: the peer's, or the first untrusted one from the right of the field that this listener goes by. */
  clientAddress(parser: RequestParser, bytes: Buffer, start: number): string {
    if (!this.isTrusted) return this.address;
    const isForwarded = this.rules.plan.headers === 'forwarded';
    // Not aware of quotes on purpose: an open one in what the client wrote would swallow what its proxy wrote behind it.
    const hops = joined(parser, bytes, start, isForwarded ? known.FORWARDED : known.X_FORWARDED_FOR)
      .split(',')
      .slice(-HOPS_MAX);
    let client = this.address;
    for (let index = hops.length - 1; index >= 0; index--) {
      const hop = bareAddress(isForwarded ? forNode(hops[index]!) : hops[index]!.trim());
      if (isIP(hop) === 0) return client;
      client = hop;
      if (!this.rules.trusts(hop)) return client;
    }
    return client;
  }

  /** A trusted peer's claims stay; its own address is appended to the chain. */
  private trustedLines(parser: RequestParser, bytes: Buffer, start: number, host: string): string {
    const chain = joined(parser, bytes, start, known.X_FORWARDED_FOR);
    const self = this.address === '' ? 'unknown' : this.address;
    let text = `X-Forwarded-For: ${chain === '' ? self : `${chain}, ${self}`}\r\n`;
    if (joined(parser, bytes, start, known.X_FORWARDED_PROTO) === '') text += this.lines.slice(this.lines.indexOf('\n') + 1);
    if (joined(parser, bytes, start, known.X_FORWARDED_HOST) === '') text += hostLine(host);
    return text;
  }
}

/** All values of a known field, as one list. Aliases are not it: a proxy that does not know them passes on what anyone wrote. */
function joined(parser: RequestParser, bytes: Buffer, start: number, id: number): string {
  let text = '';
  for (let index = 0; index < parser.fields.count; index++) {
    if ((parser.fields.ids[index]! & (ID | ALIAS)) !== id) continue;
    const value = parser.value(bytes, start, index);
    text = text === '' ? value : `${text}, ${value}`;
  }
  return text;
}

/** `1.2.3.4:80`, `[::1]:80` and bare addresses, without port and brackets. */
function bareAddress(hop: string): string {
  if (hop.startsWith('[')) return unmapped(hop.slice(1, Math.max(1, hop.indexOf(']'))));
  const colon = hop.indexOf(':');
  if (colon !== hop.lastIndexOf(':')) return unmapped(hop);
  return colon >= 0 ? hop.slice(0, colon) : hop;
}

/** The node of one Forwarded element (RFC 7239 §6), without quotes; empty when it names none. */
function forNode(element: string): string {
  for (const pair of element.split(';')) {
    const text = pair.trim();
    if (text.slice(0, 4).toLowerCase() !== 'for=') continue;
    const isQuoted = text.length > 5 && text.charCodeAt(4) === 0x22 && text.endsWith('"');
    return isQuoted ? text.slice(5, -1) : text.slice(4);
  }
  return '';
}

/** HTTP/1.0 may come without a host: then nothing is said about it. */
function hostLine(host: string): string {
  return host === '' ? '' : `X-Forwarded-Host: ${host}\r\n`;
}

/** RFC 7239 §4: a host with a colon must be quoted. The host's grammar has been checked: it holds neither quote nor backslash. */
function hostParameter(host: string): string {
  if (host === '') return '';
  return host.includes(':') ? `;host="${host}"` : `;host=${host}`;
}
