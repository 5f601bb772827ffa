/** A request's head as the router, the balancer's key and affinity look at it: by name, in place, without building a map. Reused; valid while its bytes are. */
import { hashString } from '../../base/hash.ts';
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
        return valueIn(this.header('cookie') ?? '', on.name, ';');
      case 'query':
        return valueIn(this.query ?? '', on.name, '&');
    }
  }
}

/** The value of `name=value` in a list, or null. */
export function valueIn(list: string, name: string, separator: string): string | null {
  for (let start = 0; start < list.length;) {
    let end = list.indexOf(separator, start);
    if (end < 0) end = list.length;
    while (list.charCodeAt(start) === 0x20) start++;
    if (list.startsWith(name, start) && list.charCodeAt(start + name.length) === 0x3d) return list.slice(start + name.length + 1, end);
    start = end + 1;
  }
  return null;
}
