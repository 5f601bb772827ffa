/**
 * Copies of a share of requests to another service. The original goes first and waits for nothing: a copy leaves once the original's content has come, as it was sent; where there is too much of
 * it, or where too many copies are under way, there is none, which is told once a minute.
 */
import type { MirrorPlan } from '../../config/filters/mirror-plan.ts';
import type { ContentReader, Exchange, ExchangeFollower } from '../exchange/exchange.ts';
import { dropsOf, keptLines } from '../exchange/header-edits.ts';
import { MirrorCopy } from '../mirror/mirror-copy.ts';
import { type FilterContext, type FilterModule, PASS, type RequestPass, type Stage } from './filter.ts';

const TOLD_EVERY_MS = 60_000;

export const filter: FilterModule<'mirror'> = {
  create: (plan, context) => new MirrorStage(plan, context),
};

class MirrorStage implements Stage {
  private readonly plan: MirrorPlan;
  private readonly context: FilterContext;
  private readonly drops: string;
  private active = 0;
  private left = 0;
  private toldAt = -Infinity;

  constructor(plan: MirrorPlan, context: FilterContext) {
    this.plan = plan;
    this.context = context;
    this.drops = dropsOf(['expect', plan.header, ...plan.removes]);
  }

  onRequest(pass: RequestPass): typeof PASS {
    const { plan, context } = this;
    const { worker } = context;
    if (plan.share < 1 && worker.random() >= plan.share) return PASS;
    const { exchange, view } = pass;
    if (exchange.isGrpc || view.parser.upgrade !== null) return PASS; // what goes on for long has no copy
    const service = worker.service(plan.to);
    if (service === undefined) return PASS;
    const isLong = view.parser.bodyKind === 'length' && view.parser.contentLength > plan.bodyBytesMax;
    if (isLong || this.active >= plan.concurrency) return this.leaveOut(isLong ? 'its content is too large' : 'too many are under way');
    const copy = new MirrorCopy(worker, exchange, service, worker.clock.now(), () => this.active--);
    service.examine(copy.exchange, view);
    this.active++;
    if (exchange.isRequestDone) worker.later(() => this.send(copy, exchange));
    else
      new ContentEnd(exchange, plan.bodyBytesMax, (isWhole) => (isWhole ? worker.later(() => this.send(copy, exchange)) : this.giveUp()));
    return PASS;
  }

  /** The original has left, or has been answered without the service. */
  private send(copy: MirrorCopy, asked: Exchange): void {
    const { plan, context } = this;
    const lineEnd = asked.head.indexOf('\r\n') + 2;
    if (lineEnd < 2 || !asked.isReplayable || asked.partsBytes > plan.bodyBytesMax) return this.giveUp();
    const fields = keptLines(asked.head.slice(lineEnd, -2), this.drops);
    const head = `${asked.head.slice(0, lineEnd)}${fields}${plan.header}: 1\r\n\r\n`;
    copy.send(head, asked, context.worker.clock.now() + plan.timeoutMs);
  }

  private giveUp(): void {
    this.active--;
    this.leaveOut('its content was too large, or the service was not asked');
  }

  private leaveOut(reason: string): typeof PASS {
    const { worker, route } = this.context;
    this.left++;
    const now = worker.coarseNow;
    if (now - this.toldAt < TOLD_EVERY_MS) return PASS;
    worker.event('warn', 'requests not mirrored', { route: route.name, service: this.plan.to, reason, requests: this.left });
    this.toldAt = now;
    this.left = 0;
    return PASS;
  }
}

/** Told once: when the content is whole, or will not be. */
class ContentEnd implements ContentReader, ExchangeFollower {
  private readonly exchange: Exchange;
  private readonly bytesMax: number;
  private readonly tell: (isWhole: boolean) => void;
  private isOver = false;

  constructor(exchange: Exchange, bytesMax: number, tell: (isWhole: boolean) => void) {
    this.exchange = exchange;
    this.bytesMax = bytesMax;
    this.tell = tell;
    exchange.addReader(this);
    exchange.follow(this);
  }

  onContent(): void {
    const { exchange } = this;
    if (exchange.partsBytes > this.bytesMax || !exchange.isReplayable) this.end(false);
    else if (exchange.isRequestDone) this.end(true);
  }

  exchangeOver(): void {
    if (!this.isOver) this.end(false);
  }

  private end(isWhole: boolean): void {
    this.isOver = true;
    this.exchange.removeReader(this);
    this.tell(isWhole);
  }
}
