/**
 * What lives long in one worker: WebSockets, event streams, and gRPC calls that stream. Whoever ends some of them before their time (a drain, a listener or an endpoint that
 * goes, a service whose instances are loaded unevenly) finds them here, so that they are ended as their protocol has it.
 *
 * Calls are not kept here, which would cost each of them something: they are looked for when somebody is to leave. Only two ask them to: the end of the worker or of a listener,
 * once its drain is over, and rebalancing. An endpoint that goes lets them finish, as it does all requests.
 */
import type { Random } from '../../base/random.ts';
import { type Instant, instant } from '../../base/time.ts';
import { DRAINING, type EndpointTable, MAINTENANCE } from '../../core/balancing/endpoint-table.ts';
import { SWEEP_PERIOD_MS } from '../sweeper.ts';

/** How long peers have for their close frames once they were told (RFC 6455 §7.1.1), in milliseconds. */
export const GOODBYE_MS = 1_000;
/** For WebSockets to end after they were told: their second, and a look at deadlines. */
export const LAST_WORDS_MS = GOODBYE_MS + 2 * SWEEP_PERIOD_MS;

/** A call that has lasted so long streams: it counts as long-lived where load is evened out. */
export const CALL_LASTS_MS = 10_000;

/** `web-socket-tunnel.ts` is it, `exchange/event-stream-client.ts`, and, for a call, `grpc/streaming-call.ts`. */
export interface LongLived {
  /** The listener that it came in by. */
  readonly listener: object;
  /** Slot of its endpoint. */
  readonly slot: number;
  /** It has ended by itself. */
  readonly isOver: boolean;
  /** Tells both sides that it ends, and ends it within `GOODBYE_MS`, or when what it is in the middle of is whole. Calling it twice is harmless. */
  leave(): void;
}

export class LongLivedSet {
  private readonly all = new Set<LongLived>();
  /** gRPC calls that are as old as this. */
  private readonly callsOf: (ageMs: number) => readonly LongLived[];
  /** Those that are to leave later, and when. */
  private leaving: { readonly one: LongLived; readonly at: Instant }[] = [];

  constructor(callsOf: (ageMs: number) => readonly LongLived[]) {
    this.callsOf = callsOf;
  }

  /** WebSockets and event streams. */
  get size(): number {
    return this.all.size;
  }

  add(one: LongLived): void {
    this.all.add(one);
  }

  remove(one: LongLived): void {
    this.all.delete(one);
  }

  /** The worker ends. @returns How many are told. */
  leave(): number {
    return tell([...this.all, ...this.callsOf(0)]);
  }

  /** A listener goes. @returns How many are told. */
  leaveListener(listener: object): number {
    return tell([...this.all, ...this.callsOf(0)].filter((one) => one.listener === listener));
  }

  /** An endpoint has gone from its service, after its drain. */
  leaveEndpoint(slot: number): void {
    tell([...this.all].filter((one) => one.slot === slot));
  }

  /**
   * A share 0..1 of an endpoint's leaves, spread at random over some time: so their clients come back one by one. Accurate to a sweep. A part of one leaves with that
   * probability: each of many workers has few, and together they are to close what was asked for.
   * @returns How many will.
   */
  leaveShare(slot: number, share: number, spreadMs: number, now: Instant, random: Random): number {
    const waiting = new Set(this.leaving.map(({ one }) => one));
    const all = [...this.all, ...this.callsOf(CALL_LASTS_MS)];
    const there = all.filter((one) => one.slot === slot && !one.isOver && !waiting.has(one));
    const count = Math.min(there.length, Math.floor(there.length * share + random()));
    for (let left = count; left > 0; left--) {
      const [one] = there.splice(Math.floor(random() * there.length), 1);
      this.leaving.push({ one: one!, at: instant(now + random() * spreadMs) });
    }
    return count;
  }

  /**
   * At each sweep, 5 ns for each: those of endpoints whose drain by an operator has passed its deadline, which take nothing at all then, and those whose time to
   * leave has come; what is over is forgotten.
   */
  sweep(table: EndpointTable, now: Instant): void {
    const gone = DRAINING | MAINTENANCE;
    for (const one of this.all) {
      if (one.isOver) this.all.delete(one);
      else if ((table.state[one.slot]! & gone) === gone) one.leave();
    }
    if (this.leaving.length === 0) return;
    const due = this.leaving.filter(({ at }) => at <= now);
    this.leaving = this.leaving.filter(({ at, one }) => at > now && !one.isOver);
    for (const { one } of due) one.leave();
  }
}

function tell(those: Iterable<LongLived>): number {
  let told = 0;
  for (const one of those) {
    if (one.isOver) continue;
    told++;
    one.leave();
  }
  return told;
}
