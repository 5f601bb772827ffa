/**
 * What a request's head has that a cache must look at closer, found in one look over its fields: nearly no request has any of it, and asking for each field by name would cost a hit more than
 * everything else that is done to it.
 */
import { equalsIgnoringCase } from '../../core/http1/framing.ts';
import { ID } from '../../core/http1/field-section.ts';
import * as known from '../../core/http1/known-fields.ts';
import type { Fields } from '../../core/caching/http/fields.ts';
import type { RequestView } from '../exchange/request-view.ts';

export const HAS_COOKIE = 1;
export const HAS_AUTHORIZATION = 2;
export const HAS_RANGE = 4;
/** Cache-Control. */
export const HAS_CONTROL = 8;
/** If-None-Match or If-Modified-Since. */
export const HAS_CONDITION = 16;
/** If-Match or If-Unmodified-Since: only the origin can judge them. */
export const HAS_ORIGIN_CONDITION = 32;

/** CDN-Loop (RFC 8586). */
export const HAS_LOOP = 64;
/** The field by which nodes that share the work know each other (`peer-proof.ts`). */
export const HAS_PEER = 128;

/** Bits of HAS_…. */
export function requestFacts({ parser, bytes, start }: RequestView): number {
  const { offsets, ids, count } = parser.fields;
  const section = start + parser.fieldsStart;
  let facts = 0;
  for (let index = 0; index < count; index++) {
    const id = ids[index]! & ID;
    if (id === known.COOKIE) facts |= HAS_COOKIE;
    else if (id === known.AUTHORIZATION) facts |= HAS_AUTHORIZATION;
    else if (id === known.OTHER) {
      const at = index << 2;
      facts |= factOf(bytes, section + offsets[at]!, section + offsets[at + 1]!);
    }
  }
  return facts;
}

function factOf(bytes: Buffer, start: number, end: number): number {
  switch (end - start) {
    case 5:
      return equalsIgnoringCase(bytes, start, end, 'range') ? HAS_RANGE : 0;
    case 8:
      if (equalsIgnoringCase(bytes, start, end, 'cdn-loop')) return HAS_LOOP;
      return equalsIgnoringCase(bytes, start, end, 'if-match') ? HAS_ORIGIN_CONDITION : 0;
    case 11:
      return equalsIgnoringCase(bytes, start, end, 'sluice-peer') ? HAS_PEER : 0;
    case 13:
      if (equalsIgnoringCase(bytes, start, end, 'cache-control')) return HAS_CONTROL;
      return equalsIgnoringCase(bytes, start, end, 'if-none-match') ? HAS_CONDITION : 0;
    case 17:
      return equalsIgnoringCase(bytes, start, end, 'if-modified-since') ? HAS_CONDITION : 0;
    case 19:
      return equalsIgnoringCase(bytes, start, end, 'if-unmodified-since') ? HAS_ORIGIN_CONDITION : 0;
    default:
      return 0;
  }
}

/** A request's fields as the caching rules ask for them. */
export class RequestFields implements Fields {
  view!: RequestView;

  get(name: string): string | null {
    return this.view.header(name);
  }
}

/** All field lines of a request, for whoever needs them when the head has gone. */
export function requestText({ parser, bytes, start }: RequestView): string {
  const section = start + parser.fieldsStart;
  return bytes.toString('latin1', section, section + parser.fields.linesEnd);
}
