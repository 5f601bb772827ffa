/** A request that waits for a fetch that another one has begun, here or in another worker: until it shows what comes of it, its own time is up, or its client has gone. */
import type { RequestPass } from '../filters/filter.ts';
import { PASS } from '../filters/filter.ts';
import type { Sweepable } from '../sweeper.ts';
import type { Tier } from './tiers.ts';
import type { FetchFollower, RunningFetch, Settlement } from './running-fetch.ts';

/** Who goes on with it. `cache-stage.ts` is it. */
export interface WaiterOwner {
  goOn(waiter: Waiter, how: Settlement): void;
}

const LOOK: Settlement = { kind: 'look' };
const ALONE: Settlement = { kind: 'alone' };

export class Waiter implements FetchFollower, Sweepable {
  readonly pass: RequestPass;
  /** `request-facts.ts`. */
  readonly facts: number;
  readonly deadline: number;
  sweepIndex = -1;
  /** Where what it got was found, behind memory; `nowhere`: those were asked, and had nothing. */
  tier: Tier['detail'] | 'nowhere' | null = null;
  private readonly owner: WaiterOwner;
  private fetch: RunningFetch | null = null;
  /** Goes up with each wait: what an earlier one waited for says nothing to a later one. */
  private turn = 0;
  private hasLeft = false;

  /** @param deadline Until then it waits for others, once or several times. */
  constructor(owner: WaiterOwner, pass: RequestPass, facts: number, deadline: number) {
    this.owner = owner;
    this.pass = pass;
    this.facts = facts;
    this.deadline = deadline;
  }

  /** Its time is up. */
  get isLate(): boolean {
    return this.pass.listener.worker.clock.now() >= this.deadline;
  }

  /** A fetch of this worker that is undecided. */
  waitFor(fetch: RunningFetch): void {
    this.begin();
    this.fetch = fetch;
    fetch.follow(this);
  }

  /** Anything else, after which the cache is to be looked at again. */
  waitUntil(done: Promise<unknown>): void {
    const turn = this.begin();
    const go = (): void => {
      if (this.turn === turn) this.settled(LOOK);
    };
    void done.then(go, go);
  }

  settled(how: Settlement): void {
    if (this.hasLeft) return; // while others were told, by one of whom both went
    this.end();
    const { exchange } = this.pass;
    exchange.leaveQueue = null;
    if (exchange.isOver) this.pass.resume(PASS);
    else this.owner.goOn(this, how);
  }

  onDeadline(): void {
    this.fetch?.unfollow(this);
    this.settled(ALONE);
  }

  private begin(): number {
    const { worker } = this.pass.listener;
    worker.sweeper.add(this);
    this.pass.exchange.leaveQueue = () => this.leave();
    return ++this.turn;
  }

  private end(): void {
    this.turn++;
    this.fetch = null;
    this.pass.listener.worker.sweeper.remove(this);
  }

  /** The client has gone; its exchange is over in a moment. */
  private leave(): void {
    this.hasLeft = true;
    this.fetch?.unfollow(this);
    this.end();
    this.pass.listener.worker.later(() => this.pass.resume(PASS));
  }
}
