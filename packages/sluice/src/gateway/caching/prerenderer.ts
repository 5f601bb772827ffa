/**
 * Pages that are fetched ahead of need. In the first round all of them, as fast as `concurrency` allows; from then on each once in `every`, evenly spread, if it would be stale before its turn comes
 * again. A page is a request of our own that runs through its route from the cache on: what refuses clients (proofs, limits) stands before that and does not see it. A fetch that fails leaves what
 * there was. Over all workers one does it, by a claim that ends with it.
 */
import type { Instant } from '../../base/time.ts';
import type { CachePrerenderPlan } from '../../config/filters/cache-plan.ts';
import type { RequestParser } from '../../core/http1/request-parser.ts';
import { parseTarget } from '../../core/http1/target.ts';
import { Exchange, type ExchangeFollower } from '../exchange/exchange.ts';
import { PeerIdentity } from '../exchange/forwarding.ts';
import { ownPass } from '../exchange/intake.ts';
import { RequestView } from '../exchange/request-view.ts';
import type { RouteRuntime } from '../exchange/route-runtime.ts';
import { PASS, type RunContext } from '../filters/filter.ts';
import type { ListenerContext } from '../listeners/listener-context.ts';
import type { TlsFacts } from '../listeners/arrival.ts';
import type { Sweepable } from '../sweeper.ts';
import { NobodyClient } from './nobody-client.ts';
import type { PrefetchStage } from './prefetch-stage.ts';

/** Who does not do it looks this often whether the one who does has gone. */
const CLAIM_EVERY_MS = 1_000;
/** A page that has not come by then no longer counts among those that are fetched. */
const PATIENCE_MS = 120_000;
/** What goes wrong is told of this often. */
const TOLD_EVERY_MS = 60_000;
/** Of the time between two looks at a page: looks are not on the dot. */
const MARGIN = 1.1;
const FIELDS = 'Accept: */*\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n';
const TLS: TlsFacts = { serverName: '', alpn: '', policy: 0, rule: '', client: null, clientLines: '' };

export class Prerenderer implements Sweepable {
  deadline = 0;
  sweepIndex = -1;
  private readonly context: RunContext;
  private readonly plan: CachePrerenderPlan;
  private readonly client = new NobodyClient();
  private readonly flights = new Set<Flight>();
  private release: (() => void) | null = null;
  /** When the second round begins. */
  private secondAt = 0;
  /** Pages that were looked at. */
  private looked = 0;
  private toldAt = -Infinity;
  /** Of the first round, which is told of when it is over. */
  private fetched = 0;
  private failed = 0;
  private isFirst = true;

  constructor(context: RunContext, plan: CachePrerenderPlan) {
    this.context = context;
    this.plan = plan;
    context.worker.sweeper.add(this);
  }

  onDeadline(now: Instant): void {
    if (this.release === null && !this.claim(now)) {
      this.deadline = now + CLAIM_EVERY_MS;
      return;
    }
    for (const flight of this.flights) if (now - flight.began > PATIENCE_MS) this.flights.delete(flight);
    const { paths, concurrency } = this.plan;
    for (let due = this.due(now); due > 0 && this.flights.size < concurrency; due--) {
      this.look(paths[this.looked % paths.length]!, now);
      this.looked++;
      if (this.looked === paths.length) this.secondAt = now;
    }
  }

  /** A page has come, or not. */
  landed(flight: Flight, { path, status, outcome }: Exchange): void {
    const isGood = status >= 200 && status < 400;
    this.flights.delete(flight);
    if (this.isFirst) this.count(isGood);
    if (isGood) return;
    // What is kept stands in where a service fails, and then nobody waits for the fetch.
    const stopped = outcome === 'client-gone' ? 'the service failed' : outcome;
    this.tell({ path, reason: status === 0 ? stopped : `status ${status}` });
  }

  close(): void {
    this.context.worker.sweeper.remove(this);
    this.release?.();
    this.release = null;
  }

  private count(isGood: boolean): void {
    this.fetched++;
    if (!isGood) this.failed++;
    if (this.looked < this.plan.paths.length || this.flights.size > 0) return;
    const { fetched, failed, plan, context } = this;
    this.isFirst = false;
    context.worker.event('info', 'cache: pages were fetched ahead of need', {
      route: context.route.name,
      host: plan.host,
      fetched,
      failed,
    });
  }

  /** Pages whose turn has come. Rounds that could not be kept up with are left out. */
  private due(now: Instant): number {
    const { paths, everyMs } = this.plan;
    if (this.looked < paths.length) return paths.length - this.looked;
    const turns = paths.length + Math.floor(((now - this.secondAt) / everyMs) * paths.length);
    if (turns - this.looked > paths.length) this.looked = turns - paths.length;
    return turns - this.looked;
  }

  private claim(now: Instant): boolean {
    const page = this.pageOf(this.plan.paths[0]!);
    if (page === null) return false;
    const claim = page.stage.store.memory.claim(`prerender\n${this.context.route.name}`);
    page.giveBack();
    if (!claim.isLeader) return false;
    this.release = () => claim.done();
    this.secondAt = now;
    return true;
  }

  private look(path: string, now: Instant): void {
    const page = this.pageOf(path);
    if (page === null) return;
    const { listener, route, view, stage, at } = page;
    const { forwarding } = listener;
    const identity = new PeerIdentity(forwarding, { address: '127.0.0.1', tls: this.plan.scheme === 'https' ? TLS : null });
    const pass = ownPass(
      { listener, identity, isClosing: false, deadline: Infinity, abort: () => {} },
      new Exchange(this.client, now),
      route,
      view,
      at + 1,
    );
    if (stage.prefetch(pass, this.plan.everyMs * MARGIN) === PASS) {
      const flight = new Flight(this, now);
      this.flights.add(flight);
      pass.exchange.follow(flight);
      pass.start();
    }
    if (!pass.holdsParser) page.giveBack();
  }

  /** Null: no listener has it, or another route. */
  private pageOf(path: string): Page | null {
    const { worker, listener: listenerOf, route: plan } = this.context;
    const { scheme, host } = this.plan;
    const listener = listenerOf(scheme === 'https');
    if (listener === null) return this.tell({ path, reason: `no listener of the route speaks ${scheme}` });
    const parser = worker.takeParser(listener.plan.http1);
    const giveBack = (): void => worker.giveParser(parser);
    const view = viewOf(parser, listener, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${FIELDS}\r\n`);
    const route = view === null ? null : listener.route(view);
    const at = route?.filters?.stages.findIndex((stage) => 'prefetch' in stage) ?? -1;
    if (view === null || route === null || at < 0 || route.plan.name !== plan.name) {
      giveBack();
      return this.tell({ path, reason: 'is no page of this route' });
    }
    return { listener, route, view, stage: route.filters!.stages[at] as PrefetchStage, at, giveBack };
  }

  private tell(detail: Readonly<Record<string, string>>): null {
    const { worker, route } = this.context;
    const now = worker.clock.now();
    if (now - this.toldAt < TOLD_EVERY_MS) return null;
    this.toldAt = now;
    worker.event('warn', 'cache: a page could not be fetched ahead of need', { route: route.name, host: this.plan.host, ...detail });
    return null;
  }
}

/** A fetch under way, over all its exchanges. */
class Flight implements ExchangeFollower {
  readonly began: Instant;
  private readonly owner: Prerenderer;

  constructor(owner: Prerenderer, began: Instant) {
    this.owner = owner;
    this.began = began;
  }

  exchangeOver(exchange: Exchange): void {
    this.owner.landed(this, exchange);
  }
}

interface Page {
  readonly listener: ListenerContext;
  readonly route: RouteRuntime;
  readonly view: RequestView;
  readonly stage: PrefetchStage;
  /** Place of the stage. */
  readonly at: number;
  giveBack(): void;
}

/** Null: it is no sound request. */
function viewOf(parser: RequestParser, listener: ListenerContext, head: string): RequestView | null {
  const bytes = Buffer.from(head, 'latin1');
  if (parser.parse(bytes, 0, bytes.length) !== bytes.length) return null;
  const target = parseTarget(parser.method, parser.target);
  const host = listener.hostOf(parser.host ?? '');
  const path = target === null ? null : listener.pathOf(target.path);
  if (target === null || host === null || path === null) return null;
  const view = new RequestView();
  view.point(parser, bytes, 0, host, path, target.query);
  return view;
}
