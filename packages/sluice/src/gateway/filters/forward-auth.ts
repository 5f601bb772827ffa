/**
 * `forwardAuth`: asks another program about each request. 2xx lets it pass, with what the answer says of who it is; any other answer below 500 goes to the client (a redirect to where one logs
 * in). No answer, or an error of that program: 503, unless the configuration says `open`. What the answer may say to the service is taken out of every request first.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import type { ForwardAuthPlan } from '../../config/filters/forward-auth-plan.ts';
import type { Clock } from '../../base/time.ts';
import { partName } from '../credentials/part-name.ts';
import { RecentMap } from '../credentials/recent-map.ts';
import { type CompiledEdits, dropsOf } from '../exchange/header-edits.ts';
import { chosenLines, replyLines } from '../forward-auth/answer-fields.ts';
import { Asker, type AuthAnswer } from '../forward-auth/asker.ts';
import { type FilterContext, type FilterModule, type FilterVerdict, PASS, type RequestPass, type Stage } from './filter.ts';

/** A good answer that still holds. */
interface Leave {
  readonly edits: CompiledEdits;
  readonly untilMs: number;
}

const LEAVES_MAX = 4_096;
const TOLD_EVERY_MS = 60_000;

export const filter: FilterModule<'forwardAuth'> = {
  create: (options, context) => new ForwardAuthStage(options, context),
};

/** Somebody was proved to ask, if not who: the cache treats the request as one with Authorization (RFC 9111 §3.5). */
const SOMEBODY: Readonly<Record<string, unknown>> = Object.freeze({});

function letIn({ exchange }: RequestPass): void {
  exchange.claims ??= SOMEBODY;
}

class ForwardAuthStage implements Stage {
  private readonly options: ForwardAuthPlan;
  private readonly context: FilterContext;
  private readonly clock: Clock;
  private readonly asker: Asker;
  private readonly drops: string;
  private readonly leaves = new RecentMap<Leave>(LEAVES_MAX, Infinity);
  /** Credentials are remembered under it, never as they are. */
  private readonly secret = randomBytes(32);
  private toldAt = -Infinity;

  constructor(options: ForwardAuthPlan, context: FilterContext) {
    const { url, timeoutMs, concurrency } = options;
    this.options = options;
    this.context = context;
    this.clock = context.worker.clock;
    this.asker = context.shared.get(
      partName('forwardAuth', [url, timeoutMs, concurrency]),
      () => new Asker({ url, timeoutMs, concurrency }),
    );
    this.drops = dropsOf(options.replyHeaders);
  }

  onRequest(pass: RequestPass): FilterVerdict {
    const name = this.options.cache === null ? null : this.nameOf(pass, this.options.cache);
    const leave = name === null ? undefined : this.leaves.get(name);
    if (leave !== undefined && this.clock.now() < leave.untilMs) {
      letIn(pass);
      if (this.drops !== '') pass.edit(leave.edits);
      return PASS;
    }
    return pass.wait(this.asker.ask(this.question(pass)).then((answer) => this.settle(pass, name, answer)));
  }

  private settle(pass: RequestPass, name: string | null, answer: AuthAnswer | null): FilterVerdict {
    if (pass.exchange.isOver) return PASS;
    if (answer === null) return this.withoutAnswer(pass);
    const { status, fields, body } = answer;
    if (status >= 300) return pass.answer({ status, fields: replyLines(fields), body });
    const edits = { drops: this.drops, lines: chosenLines(fields, this.options.replyHeaders) };
    const lines = chosenLines(fields, this.options.clientHeaders);
    letIn(pass);
    if (this.drops !== '') pass.edit(edits);
    if (lines !== '') pass.exchange.addReplyEdits({ drops: '', lines });
    // An answer that says something to this client (a cookie) is not for the next request.
    else if (name !== null) this.leaves.set(name, { edits, untilMs: this.clock.now() + this.options.cache!.ttlMs });
    return PASS;
  }

  private withoutAnswer(pass: RequestPass): FilterVerdict {
    const now = this.clock.now();
    if (now - this.toldAt >= TOLD_EVERY_MS) {
      this.toldAt = now;
      const { origin, pathname } = new URL(this.options.url);
      this.context.worker.event('warn', 'no answer about requests', {
        route: this.context.route.name,
        url: origin + pathname,
        reason: this.asker.failure,
        requests: this.options.without,
      });
    }
    if (this.options.without === 'closed') return pass.answer({ status: 503, fields: 'Retry-After: 5\r\n' });
    if (this.drops !== '') pass.edit({ drops: this.drops, lines: '' });
    return PASS;
  }

  private question(pass: RequestPass): OutgoingHttpHeaders {
    const { view, exchange } = pass;
    const headers: OutgoingHttpHeaders = {};
    for (const name of this.options.requestHeaders) {
      const value = view.header(name);
      if (value !== null) headers[name] = value;
    }
    headers['x-forwarded-method'] = view.method;
    headers['x-forwarded-proto'] = pass.scheme;
    headers['x-forwarded-host'] = pass.askedHost;
    headers['x-forwarded-uri'] = view.target;
    headers['x-forwarded-for'] = exchange.clientAddress;
    return headers;
  }

  /** Under which an answer is remembered; null where there are no credentials. */
  private nameOf({ view, askedHost, scheme }: RequestPass, { headers, isPerUrl }: NonNullable<ForwardAuthPlan['cache']>): string | null {
    if (headers.every((name) => view.header(name) === null)) return null;
    // All that the answer may depend on: a leave for who showed a key must not hold for who shows none beside the same cookie.
    const values = this.options.requestHeaders.map((name) => view.header(name));
    const about = isPerUrl ? [view.method, scheme, askedHost, view.target] : [];
    return createHmac('sha256', this.secret)
      .update(JSON.stringify([values, about]))
      .digest('latin1');
  }
}
