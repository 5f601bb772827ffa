/**
 * What a rule of the firewall is: words of which one must stand in a text for the rule to be looked at, and an expression (RE2) that decides. Rules are data; `rules/` has them by category, each with
 * texts that it must find and texts that it must let pass, which are its tests. Scores and paranoia levels work as the OWASP Core Rule Set made them known: a request that collects the
 * threshold is refused; higher levels add rules that see more and err more.
 */

export const WAF_CATEGORIES = [
  'protocol',
  'scanner',
  'traversal',
  'inclusion',
  'ssrf',
  'sql',
  'nosql',
  'xss',
  'xml',
  'command',
  'template',
  'php',
  'java',
  'node',
  'session',
] as const;
export type WafCategory = (typeof WAF_CATEGORIES)[number];

export type WafSeverity = 'critical' | 'error' | 'warning' | 'notice';
export type WafParanoia = 1 | 2 | 3 | 4;

export const SCORES: Readonly<Record<WafSeverity, number>> = { critical: 5, error: 4, warning: 3, notice: 2 };

/** Where a text stands in a request; bits. */
export const IN_PATH = 1;
/** Name of a parameter, of a JSON member, of a cookie. */
export const IN_NAME = 2;
export const IN_QUERY = 4;
export const IN_BODY = 8;
export const IN_COOKIE = 16;
export const IN_HEADER = 32;
export const IN_USER_AGENT = 64;
export const IN_FILE_NAME = 128;
/** The content of an uploaded file. */
export const IN_FILE = 256;

/** Values that applications take in. */
export const IN_VALUES: number = IN_QUERY | IN_BODY | IN_COOKIE;
export const IN_ALL: number = IN_VALUES | IN_PATH | IN_NAME | IN_HEADER | IN_USER_AGENT | IN_FILE_NAME;

/** In which form a text is looked at: `text-forms.ts`. */
export const NORMAL = 0;
/** SQL comments are spaces. */
export const SQL = 1;
/** One kind of slash, no empty or `.` segments. */
export const PATH = 2;
/** Without what a shell drops: quotes, backslashes, carets. */
export const SHELL = 3;
/** Line ends and control characters stand as they are. */
export const LINES = 4;
/** Without control characters, as a browser reads a scheme. */
export const SCHEME = 5;
export type WafForm = 0 | 1 | 2 | 3 | 4 | 5;

export interface WafRule {
  readonly id: number;
  readonly category: WafCategory;
  /** From which level on it is used. */
  readonly paranoia: WafParanoia;
  readonly severity: WafSeverity;
  readonly description: string;
  /** Bits of `IN_…`. */
  readonly targets: number;
  readonly form: WafForm;
  /** Lower case; one of them stands in every text that matches. Empty: the rule is looked at whenever `needs` allows. */
  readonly words: readonly string[];
  /** Classes of characters (`character-classes.ts`) that must all stand in the text as it came; 0: none. */
  readonly needs: number;
  /** RE2 over the lower-case form; `.` matches line ends. One that begins with `^` is tested at the beginning of the text only. Null: raised by code. */
  readonly pattern: string | null;
  /** As clients would send them, already decoded once. */
  readonly matches: readonly string[];
  readonly misses: readonly string[];
}

/** A rule with what most of its kind share filled in. */
export function rule(given: Pick<WafRule, 'id' | 'category' | 'description'> & Partial<WafRule>): WafRule {
  return {
    paranoia: 1,
    severity: 'critical',
    targets: IN_VALUES,
    form: NORMAL,
    words: [],
    needs: 0,
    pattern: null,
    matches: [],
    misses: [],
    ...given,
  };
}
