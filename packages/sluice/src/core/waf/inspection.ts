/**
 * One request as the firewall sees it: texts go in (`text`, `parameters`, `cookies`, bodies by `body.ts`), rules that match are noted and their scores added. It ends early where the
 * threshold is reached and nothing but a verdict is wanted. Each rule counts once. Work is bounded: by the number of texts, and by the characters that expressions may be tested on; a request
 * that needs more is a finding of its own. Never throws.
 */
import { BACKSLASH, classesOf, CONTROL, DOLLAR, isWord, NUL, OTHER, QUOTE, SLASH } from './character-classes.ts';
import { isExcluded, type WafExclusion } from './exclusion.ts';
import { decodePercent, FOUND_BROKEN, FOUND_INVALID, FOUND_NUL, FOUND_OVERLONG, takeFound } from './percent.ts';
import { RULE_PLACES, RULES } from './rule-list.ts';
import type { RuleListener, RuleSet } from './rule-set.ts';
import * as raised from './rules/raised.ts';
import {
  IN_COOKIE,
  IN_FILE_NAME,
  IN_NAME,
  IN_PATH,
  IN_USER_AGENT,
  IN_VALUES,
  LINES,
  NORMAL,
  PATH,
  SCHEME,
  SCORES,
  SHELL,
  SQL,
  type WafParanoia,
} from './rule.ts';
import { dropSqlComments, fold, folded, plainPath, plainScheme, plainShell, squeeze, WAS_ESCAPED_AGAIN, WAS_WIDE } from './text-forms.ts';

export interface WafSettings {
  readonly paranoia: WafParanoia;
  /** Scores that refuse. */
  readonly threshold: number;
  /** Goes on behind the threshold, so that all that match are named. */
  readonly isThorough: boolean;
  readonly exclusions: readonly WafExclusion[];
}

export interface WafFinding {
  readonly id: number;
  /** Bits of `IN_…`: one. */
  readonly target: number;
  /** Of the parameter, member, cookie, field. Text of a client. */
  readonly name: string;
  /** Where it matched and what follows, at most 64 characters of the text in its form. Text of a client. */
  readonly sample: string;
}

/** Parameters, members, cookies, parts of one request. */
const TEXTS_MAX = 10_000;
/** Characters on which expressions are tested for one request: some 20 ms. */
const BUDGET = 1_000_000;
const FINDINGS_MAX = 32;
const SAMPLE_MAX = 64;
const NO_FINDINGS: readonly WafFinding[] = [];
/** Names that no rule can match are letters, digits and a few signs; `__proto__` and what is alike has two of them. */
const ALWAYS = IN_PATH | IN_NAME | IN_USER_AGENT | IN_FILE_NAME;
const PLACE_OF_COSTLY = RULE_PLACES.get(raised.TOO_COSTLY)!;

export class Inspection implements RuleListener {
  score = 0;
  findings: readonly WafFinding[] = NO_FINDINGS;
  /** Rules that matched, those too that were found before or are excluded here: 0 of a text means that it is harmless anywhere. */
  matches = 0;
  private readonly rules: RuleSet;
  private readonly settings: WafSettings;
  private readonly path: string;
  private budget = BUDGET;
  private texts = 0;
  private isEnded = false;
  private target = 0;
  private name = '';
  private classes = 0;

  constructor(rules: RuleSet, settings: WafSettings, path: string) {
    this.rules = rules;
    this.settings = settings;
    this.path = path;
  }

  /** The threshold is reached. */
  get isAttack(): boolean {
    return this.score >= this.settings.threshold;
  }

  /** Nothing more is looked at. */
  get isOver(): boolean {
    return this.isEnded;
  }

  /** Looks at a text that was decoded once. */
  text(text: string, target: number, name: string): void {
    if (this.isEnded) return;
    if (++this.texts > TEXTS_MAX) {
      this.raise(raised.MANY_PARAMETERS, target, name, '');
      this.isEnded = true;
      return;
    }
    if (text === '') return;
    const classes = classesOf(text);
    if (isWord(classes) && (target & ALWAYS) === 0 && !maybeObject(text)) return;
    this.target = target;
    this.name = name;
    if ((classes & NUL) !== 0 && (target & IN_VALUES) !== 0) this.raise(raised.NUL_BYTE, target, name, '');
    this.forms(text, classes);
  }

  /** `a=1&b=2`, of a query or a body. */
  parameters(text: string, target: number): void {
    for (let start = 0; start <= text.length && !this.isEnded;) {
      let end = text.indexOf('&', start);
      if (end < 0) end = text.length;
      if (end > start) this.parameter(text, start, end, target);
      start = end + 1;
    }
  }

  /** The value of a Cookie field. */
  cookies(text: string): void {
    for (let start = 0; start < text.length && !this.isEnded;) {
      let end = text.indexOf(';', start);
      if (end < 0) end = text.length;
      while (text.charCodeAt(start) === 0x20) start++;
      if (end > start) this.parameter(text, start, end, IN_COOKIE);
      start = end + 1;
    }
  }

  /** Notes that a rule without an expression holds. */
  raise(id: number, target: number, name: string, sample: string): void {
    const place = RULE_PLACES.get(id)!;
    if (RULES[place]!.paranoia > this.settings.paranoia) return;
    this.note(place, target, name, sample);
  }

  /** What the last decoding came upon. @param interest Bits of `FOUND_…`: what is odd in escapes is ordinary in text that was escaped. */
  noteDecoding(target: number, name: string, interest = -1): void {
    const found = takeFound() & interest;
    if (found === 0) return;
    if ((found & FOUND_NUL) !== 0) this.raise(raised.NUL_BYTE, target, name, '%00');
    if ((found & FOUND_OVERLONG) !== 0) this.raise(raised.OVERLONG, target, name, '');
    if ((found & FOUND_BROKEN) !== 0) this.raise(raised.BAD_ESCAPE, target, name, '%');
    if ((found & FOUND_INVALID) !== 0) this.raise(raised.BAD_UTF8, target, name, '');
  }

  wants(place: number): boolean {
    const { targets, needs } = RULES[place]!;
    return (targets & this.target) !== 0 && (needs & this.classes) === needs;
  }

  spend(characters: number): boolean {
    this.budget -= characters;
    if (this.budget >= 0) return true;
    this.note(PLACE_OF_COSTLY, this.target, this.name, '');
    this.isEnded = true;
    return false;
  }

  found(place: number, form: string, at: number): boolean {
    this.note(place, this.target, this.name, form.slice(at, at + SAMPLE_MAX));
    return !this.isEnded;
  }

  private parameter(text: string, start: number, end: number, target: number): void {
    let equals = text.indexOf('=', start);
    if (equals < 0 || equals > end) equals = end;
    const isForm = target !== IN_COOKIE;
    const name = decodePercent(text, start, equals, isForm);
    const value = equals < end ? decodePercent(text, equals + 1, end, isForm) : '';
    this.noteDecoding(target, name);
    this.named(name);
    this.text(value, target, name);
  }

  /** Looks at a name. */
  named(name: string): void {
    const classes = classesOf(name);
    if (isWord(classes) && !name.includes('__')) return;
    this.text(name, IN_NAME, name);
  }

  private forms(text: string, classes: number): void {
    const { rules } = this;
    const lower = fold(text, classes);
    const wasFolded = folded;
    this.noteDecoding(this.target, this.name, FOUND_NUL | FOUND_OVERLONG);
    if ((wasFolded & WAS_ESCAPED_AGAIN) !== 0) this.raise(raised.ESCAPED_AGAIN, this.target, this.name, text.slice(0, SAMPLE_MAX));
    if ((wasFolded & WAS_WIDE) !== 0) this.raise(raised.WIDE, this.target, this.name, '');
    const all = lower === text ? classes : classes | classesOf(lower);
    this.classes = all;
    if (this.isEnded) return;
    const normal = squeeze(lower, all);
    let forms = 1 << NORMAL;
    const sql = (all & SLASH) !== 0 && normal.includes('/*') ? dropSqlComments(normal) : normal;
    const path = (all & SLASH) !== 0 ? plainPath(normal) : normal;
    const shell = (all & (QUOTE | BACKSLASH | DOLLAR | OTHER)) !== 0 ? plainShell(normal) : normal;
    const scheme = (all & CONTROL) !== 0 ? plainScheme(lower) : normal;
    if (sql === normal) forms |= 1 << SQL;
    if (path === normal) forms |= 1 << PATH;
    if (shell === normal) forms |= 1 << SHELL;
    if (lower === normal) forms |= 1 << LINES;
    if (scheme === normal) forms |= 1 << SCHEME;
    if (!rules.run(normal, forms, this)) return;
    if (sql !== normal && !rules.run(sql, 1 << SQL, this)) return;
    if (path !== normal && !rules.run(path, 1 << PATH, this)) return;
    if (shell !== normal && !rules.run(shell, 1 << SHELL, this)) return;
    if (lower !== normal && !rules.run(lower, 1 << LINES, this)) return;
    if (scheme !== normal) rules.run(scheme, 1 << SCHEME, this);
  }

  private note(place: number, target: number, name: string, sample: string): void {
    const { id, category, severity } = RULES[place]!;
    this.matches++;
    if (this.findings.some((finding) => finding.id === id)) return;
    if (isExcluded(this.settings.exclusions, id, category, this.path, name)) return;
    if (this.findings.length < FINDINGS_MAX) this.findings = [...this.findings, { id, target, name, sample }];
    this.score += SCORES[severity];
    if (this.isAttack && !this.settings.isThorough) this.isEnded = true;
  }
}

/** Serialised objects in base64 or hex are letters and digits only: `rO0AB…`, `aced0005…`, `AAEAAAD…`. */
function maybeObject(text: string): boolean {
  if (text.length < 12) return false;
  const first = text.charCodeAt(0) | 0x20;
  return first === 0x72 || first === 0x61 || first === 0x6b;
}
