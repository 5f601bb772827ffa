/** What people are told of attacks: rules, category, place, score, and a piece of what was found in which nothing can do harm. A storm of attacks is a few events and a number. */
import type { WafFinding } from '../../core/waf/inspection.ts';
import { IN_BODY, IN_COOKIE, IN_FILE, IN_FILE_NAME, IN_HEADER, IN_NAME, IN_PATH, IN_QUERY, IN_USER_AGENT } from '../../core/waf/rule.ts';
import type { RequestPass } from '../exchange/request-pass.ts';
import type { WorkerContext } from '../worker-context.ts';

/** Events at once, and how long one takes to be earned again. */
const BURST = 20;
const EARNED_MS = 1_000;
const NAME_MAX = 64;
const RULES_MAX = 8;

const PLACES: Readonly<Record<number, string>> = {
  [IN_PATH]: 'path',
  [IN_NAME]: 'name',
  [IN_QUERY]: 'query',
  [IN_BODY]: 'body',
  [IN_COOKIE]: 'cookie',
  [IN_HEADER]: 'header',
  [IN_USER_AGENT]: 'header',
  [IN_FILE_NAME]: 'file name',
  [IN_FILE]: 'file',
};

/** What is told. */
export interface WafVerdict {
  readonly rules: readonly number[];
  /** Of the first. */
  readonly category: string;
  readonly target: string;
  /** Of the parameter, field, …; text of a client. */
  readonly name: string;
  readonly score: number;
  /** Text of a client; empty: none. */
  readonly sample: string;
}

/** In which of them the first rule was found. */
export function verdictOf(findings: readonly WafFinding[], score: number, categoryOf: (id: number) => string): WafVerdict {
  const { id, target, name, sample } = findings[0]!;
  return {
    rules: findings.slice(0, RULES_MAX).map((finding) => finding.id),
    category: categoryOf(id),
    target: PLACES[target] ?? 'request',
    name,
    score,
    sample,
  };
}

/** Shared by all routes of a worker: attacks do not come one route at a time. */
export class WafEvents {
  private tokens = BURST;
  private at = -Infinity;
  private untold = 0;

  tell(worker: WorkerContext, pass: RequestPass, what: 'waf blocked' | 'waf detected', verdict: WafVerdict, logsSample: boolean): void {
    if (!this.take(worker.clock.now())) return;
    const { exchange } = pass;
    worker.event('warn', what, {
      route: pass.route.plan.name,
      rules: verdict.rules.join(','),
      category: verdict.category,
      target: verdict.target,
      name: harmless(verdict.name),
      score: verdict.score,
      client: exchange.clientAddress,
      method: harmless(exchange.method),
      request: exchange.requestId,
      ...(logsSample && verdict.sample !== '' ? { sample: harmless(verdict.sample) } : {}),
      ...(this.untold > 0 ? { untold: this.untold } : {}),
    });
    this.untold = 0;
  }

  private take(now: number): boolean {
    if (now - this.at >= EARNED_MS) {
      this.tokens = Math.min(BURST, this.tokens + (this.at === -Infinity ? 0 : Math.floor((now - this.at) / EARNED_MS)));
      this.at = now;
    }
    if (this.tokens > 0) {
      this.tokens--;
      return true;
    }
    this.untold++;
    return false;
  }
}

/** Visible ASCII, at most 64 characters; all else is a dot. */
export function harmless(text: string): string {
  return text.slice(0, NAME_MAX).replaceAll(/[^\x20-\x7e]/g, '.');
}
