/**
 * The head of a request before the built-in rules. Most fields are looked at as bytes only: a field is made text where it holds a character that some rule needs, or is one that
 * applications read. An ordinary browser's head costs about 1 µs.
 */
import { latin1 } from '../../core/http1/text.ts';
import {
  ANGLE,
  BACKSLASH,
  BACKTICK,
  BRACE,
  classesOfBytes,
  CONTROL,
  DOLLAR,
  NON_ASCII,
  PERCENT,
  QUOTE,
} from '../../core/waf/character-classes.ts';
import { hidesText, isTypeList, mediaType } from '../../core/waf/content-type.ts';
import { inspectField, inspectSession, inspectTarget } from '../../core/waf/head.ts';
import type { Inspection } from '../../core/waf/inspection.ts';
import { IN_BODY, IN_HEADER } from '../../core/waf/rule.ts';
import * as raised from '../../core/waf/rules/raised.ts';
import type { RequestView } from '../exchange/request-view.ts';

const SUSPECT = ANGLE | BACKSLASH | BACKTICK | BRACE | DOLLAR | NON_ASCII | PERCENT | CONTROL;

/** Looked at whatever they hold. */
const READ = new Set([
  'cookie',
  'user-agent',
  'referer',
  'range',
  'x-original-url',
  'x-rewrite-url',
  'proxy',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
]);
/** In them, quotes are nothing special; the others stand as they are in every request, and are checked elsewhere. */
const FRAMED = /^(?:sec-|if-|accept|content-|digest|want-|signature|authorization$|priority$|te$|dpop$|link$|forwarded$|via$)/;
const SKIPPED = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'upgrade']);

/** What is to be done with fields of a name. */
const SKIP = 0;
const LOOK = 1;
const LOOK_FRAMED = 2;
const ALWAYS = 3;

export interface HeadRules {
  readonly methods: ReadonlySet<string>;
  readonly contentTypes: readonly string[];
  readonly ignored: ReadonlySet<string>;
}

/** Names that were seen, and what is to be done: bounded, since clients choose names. */
const NAMES_MAX = 512;
const AGENTS_MAX = 512;
const AGENT_MAX = 512;

export class HeadInspection {
  private readonly rules: HeadRules;
  private readonly known = new Map<string, number>();
  private readonly agents = new Set<string>();

  constructor(rules: HeadRules) {
    this.rules = rules;
  }

  /** @param type Value of Content-Type, lower case; empty: there is none. */
  look(view: RequestView, hasBody: boolean, type: string, inspection: Inspection): void {
    if (!this.rules.methods.has(view.method)) inspection.raise(raised.METHOD, IN_HEADER, 'method', view.method.slice(0, 64));
    if (type !== '') this.lookAtType(type, inspection);
    if (hasBody && (view.method === 'GET' || view.method === 'HEAD')) inspection.raise(raised.BODY_OF_GET, IN_BODY, 'body', '');
    inspectTarget(view.path, view.query, inspection);
    this.lookAtFields(view, inspection);
  }

  private lookAtType(type: string, inspection: Inspection): void {
    if (hidesText(type)) inspection.raise(raised.CHARSET, IN_HEADER, 'content-type', type.slice(0, 64));
    if (isTypeList(type)) inspection.raise(raised.CONTENT_TYPE, IN_HEADER, 'content-type', type.slice(0, 64));
    const { contentTypes } = this.rules;
    if (contentTypes.length === 0) return;
    const media = mediaType(type);
    const isAllowed = contentTypes.some((allowed) => (allowed.endsWith('/*') ? media.startsWith(allowed.slice(0, -1)) : media === allowed));
    if (!isAllowed) inspection.raise(raised.CONTENT_TYPE, IN_HEADER, 'content-type', media.slice(0, 64));
  }

  private lookAtFields(view: RequestView, inspection: Inspection): void {
    const { parser, bytes, start } = view;
    const { fields } = parser;
    const section = start + parser.fieldsStart;
    let hasAgent = false;
    let hasAccept = false;
    let referer = '';
    for (let index = 0; index < fields.count && !inspection.isOver; index++) {
      const at = index << 2;
      const name = latin1(bytes, section + fields.offsets[at]!, section + fields.offsets[at + 1]!);
      const what = this.known.get(name) ?? this.learn(name);
      if (what === SKIP) continue;
      if (what !== ALWAYS) {
        const classes = classesOfBytes(bytes, section + fields.offsets[at + 2]!, section + fields.offsets[at + 3]!);
        hasAccept ||= name.length === 6 && name.toLowerCase() === 'accept';
        if ((classes & (what === LOOK_FRAMED ? SUSPECT : SUSPECT | QUOTE)) === 0) continue;
      }
      const lower = name.toLowerCase();
      const value = parser.value(bytes, start, index);
      if (lower === 'user-agent') hasAgent = value !== '';
      else if (lower === 'referer') referer = value;
      if (lower === 'user-agent') this.lookAtAgent(value, inspection);
      else inspectField(lower, value, inspection);
    }
    if (!hasAgent) inspection.raise(raised.NO_USER_AGENT, IN_HEADER, 'user-agent', '');
    if (!hasAccept) inspection.raise(raised.NO_ACCEPT, IN_HEADER, 'accept', '');
    if (view.query !== null && referer !== '') inspectSession(view.query, referer, view.host, inspection);
    if (isAddress(view.host)) inspection.raise(raised.NUMERIC_HOST, IN_HEADER, 'host', view.host.slice(0, 64));
  }

  /** Few programs send most requests: those in whose name nothing was found are remembered. */
  private lookAtAgent(value: string, inspection: Inspection): void {
    if (this.agents.has(value)) return;
    const before = inspection.matches;
    inspectField('user-agent', value, inspection);
    if (inspection.matches !== before || value.length > AGENT_MAX) return;
    if (this.agents.size >= AGENTS_MAX) this.agents.clear();
    this.agents.add(value);
  }

  /** @param name As it was sent. */
  private learn(name: string): number {
    const lower = name.toLowerCase();
    const what =
      this.rules.ignored.has(lower) || SKIPPED.has(lower) ? SKIP : READ.has(lower) ? ALWAYS : FRAMED.test(lower) ? LOOK_FRAMED : LOOK;
    if (this.known.size < NAMES_MAX) this.known.set(name, what);
    return what;
  }
}

function isAddress(host: string): boolean {
  const last = host.charCodeAt(host.length - 1);
  return last === 0x5d || (last >= 0x30 && last <= 0x39 && /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host));
}
