/**
 * The request by which something is fetched to be kept. What it asks must be in the key, or one client chooses what the others get (web cache poisoning): so conditions and ranges of the client
 * go, and of its other fields those that are neither keyed, nor known to select the reply (Vary), nor negotiate content. What we say of the client ourselves stays.
 */
import { CONDITION_FIELDS } from '../../core/caching/http/conditional.ts';
import { type Fields, TextFields } from '../../core/caching/http/fields.ts';
import { normalEncodings } from '../../core/caching/http/negotiation.ts';
import { ID } from '../../core/http1/field-section.ts';
import * as known from '../../core/http1/known-fields.ts';
import { lowerText } from '../../core/http1/framing.ts';
import type { CompiledEdits } from '../exchange/header-edits.ts';
import type { RequestView } from '../exchange/request-view.ts';
import type { CacheRules } from './cache-rules.ts';

const CONDITIONS = `,${CONDITION_FIELDS.join(',')},`;
/** A trusted proxy's word that we do not write anew, and that is in no key. */
const UNWRITTEN: ReadonlySet<number> = new Set([
  known.X_FORWARDED_PREFIX,
  known.X_FORWARDED_SERVER,
  known.X_ORIGINAL_URL,
  known.X_REWRITE_URL,
]);

/** Go and stay as fields that we do not know, unless we write them ourselves. */
const TRACE: ReadonlySet<number> = new Set([known.TRACEPARENT, known.TRACESTATE]);

/** What is changed of a request that fetches. @param isTraced We say what its trace is. @param selecting Names by which replies of its key are known to vary, lower case. */
export function originEdits(rules: CacheRules, view: RequestView, isTraced: boolean, selecting: readonly string[]): CompiledEdits {
  const { plan } = rules;
  let drops = CONDITIONS;
  let lines = '';
  if (plan.unkeyedHeaders === 'strip') drops += unkeyedNames(rules, view, isTraced, selecting);
  if (plan.clientDirectives === 'ignore') drops += 'cache-control,pragma,';
  const encodings = view.header('accept-encoding');
  if (encodings !== null) {
    drops += 'accept-encoding,';
    lines += `Accept-Encoding: ${normalEncodings(encodings)}\r\n`;
  }
  if (plan.cookies === 'strip') {
    drops += 'cookie,';
    lines += keyedCookies(plan.key.cookies, view.header('cookie'));
  }
  return { drops, lines };
}

/** `name,name,`. Fields that the gateway knows are its own affair, but for those above. */
function unkeyedNames(rules: CacheRules, { parser, bytes, start }: RequestView, isTraced: boolean, selecting: readonly string[]): string {
  const { offsets, ids, count } = parser.fields;
  const section = start + parser.fieldsStart;
  let names = '';
  for (let index = 0; index < count; index++) {
    const id = ids[index]! & ID;
    const isOurs = TRACE.has(id) && isTraced;
    if (isOurs || (id !== known.OTHER && id !== known.BAGGAGE && !TRACE.has(id) && !UNWRITTEN.has(id))) continue;
    const at = index << 2;
    const name = lowerText(bytes, section + offsets[at]!, section + offsets[at + 1]!);
    if (!rules.forwards(name) && !selecting.includes(name)) names += `${name},`;
  }
  return names;
}

/** The line with those cookies that are in the key; empty where there are none. */
function keyedCookies(names: readonly string[], value: string | null): string {
  if (names.length === 0 || value === null) return '';
  const kept = value
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => names.includes(pair.slice(0, pair.indexOf('=')).trim()));
  return kept.length === 0 ? '' : `Cookie: ${kept.join('; ')}\r\n`;
}

/** Whether every cookie of a request is one of these. */
export function hasOnlyCookies(names: readonly string[], value: string): boolean {
  for (const pair of value.split(';')) {
    const name = pair.slice(0, pair.indexOf('=')).trim();
    if (pair.trim() !== '' && !names.includes(name)) return false;
  }
  return true;
}

/** A request as the service was given it: what it did not see cannot have selected its reply. */
export class SentFields implements Fields {
  private readonly fields: TextFields;
  private readonly rules: CacheRules;
  private readonly selecting: readonly string[];

  /** @param text The request's field lines. */
  constructor(text: string, rules: CacheRules, selecting: readonly string[]) {
    this.fields = new TextFields(text);
    this.rules = rules;
    this.selecting = selecting;
  }

  get(name: string): string | null {
    return this.rules.forwards(name) || this.selecting.includes(name) ? this.fields.get(name) : null;
  }
}
