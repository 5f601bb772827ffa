/** A request's head as the router, the balancer's key and affinity look at it: by name, in place, without building a map. Reused; valid while its bytes are. */
import { hashString } from '../../base/hash.ts';
import { readCookie } from '../../core/affinity/cookie-header.ts';
import { equalsIgnoringCase } from '../../core/http1/framing.ts';
import type { RequestParser } from '../../core/http1/request-parser.ts';
import type { RouteClient } from '../../core/routing/fields.ts';
import type { RouteRequest } from '../../core/routing/matcher.ts';
import type { BalancePlan } from '../../config/plan.ts';

export class RequestView implements RouteRequest {
  parser!: RequestParser;
  bytes!: Buffer;
  start = 0;
  method = '';
  host = '';
  path = '';
  query: string | null = null;
  client: RouteClient | null = null;

  point(parser: RequestParser, bytes: Buffer, start: number, host: string, path: string, query: string | null): void {
    this.parser = parser;
    this.bytes = bytes;
    this.start = start;
    this.method = parser.method;
    this.host = host;
    this.path = path;
    this.query = query;
  }

  /** The same request in memory of its own: it stays valid, and its parser belongs to who asked for this. */
  detached(): RequestView {
    const { parser, start } = this;
    const copy = new RequestView();
    const bytes = Buffer.from(this.bytes.subarray(start, start + parser.fieldsStart + parser.fields.linesEnd));
    copy.point(parser, bytes, 0, this.host, this.path, this.query);
    copy.client = this.client;
    return copy;
  }

  /** Path and query as they are forwarded. */
  get target(): string {
    return this.query === null ? this.path : `${this.path}?${this.query}`;
  }

  /** A field's value; repeated ones joined by `, `, cookies by `; `. */
  header(name: string): string | null {
    const { fields } = this.parser;
    const section = this.start + this.parser.fieldsStart;
    let found: string | null = null;
    for (let index = 0; index < fields.count; index++) {
      const at = index << 2;
      const { offsets } = fields;
      if (!equalsIgnoringCase(this.bytes, section + offsets[at]!, section + offsets[at + 1]!, name)) continue;
      const value = this.parser.value(this.bytes, this.start, index);
      found = found === null ? value : `${found}${name === 'cookie' ? '; ' : ', '}${value}`;
    }
    return found;
  }

  /** What the request is balanced by, as 32 bits. A request without the named thing is balanced by the client's address. */
  key(balance: BalancePlan, clientAddress: string): number {
    if (balance.algorithm === 'ip-hash') return hashString(clientAddress);
    return hashString(this.keyText(balance.hashOn) ?? clientAddress);
  }

  private keyText(on: BalancePlan['hashOn']): string | null {
    switch (on.source) {
      case 'uri':
        return this.target;
      case 'header':
        return this.header(on.name);
      case 'cookie':
        return readCookie(this.header('cookie') ?? '', on.name);
      case 'query':
        return parameterIn(this.query ?? '', on.name);
    }
  }
}

/** The value of the first parameter of this name, as it was sent; null when there is none. */
export function parameterIn(query: string, name: string): string | null {
  for (let start = 0; start < query.length;) {
    let end = query.indexOf('&', start);
    if (end < 0) end = query.length;
    if (query.startsWith(name, start) && query.charCodeAt(start + name.length) === 0x3d) return query.slice(start + name.length + 1, end);
    start = end + 1;
  }
  return null;
}
