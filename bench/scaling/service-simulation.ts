/**
 * A service in virtual time: instances that start, serve and drain, one queue for what finds no room, and somebody who decides how many there are.
 * Each instance serves `concurrency` requests at once and no more (Knative's containerConcurrency, our `concurrencyMax`); the emptiest is chosen; the rest wait
 * in order of arrival. A new request of the same number takes the same time whoever decides, so runs by one seed differ by the decisions alone.
 *
 * About two heap operations per request: some two million requests per second of this machine's time.
 */
import { assert } from '../../packages/sluice/src/base/assert.ts';
import { IndexHeap } from '../../packages/sluice/src/base/heap.ts';
import { seededRandom, type Random } from '../../packages/sluice/src/base/random.ts';
import { Arrivals, type Rate } from './arrivals.ts';
import type { Autoscaler, ServiceView } from './autoscaler.ts';
import { Outcome } from './outcome.ts';

export interface SimulationOptions {
  readonly rate: Rate;
  readonly seconds: number;
  /** Seconds that a request takes in an instance. */
  readonly serviceSeconds: (random: Random) => number;
  /** Requests at once per instance. */
  readonly concurrency: number;
  /** From the decision until an instance takes requests. */
  readonly startSeconds: number;
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  /** Requests that may wait; more are refused. So are those that wait for longer. */
  readonly waitingMax: number;
  readonly waitSeconds: number;
  /** Latency from which a request is over its target. */
  readonly targetSeconds: number;
  readonly seed: number;
  /** When the first decision falls, as a share of the period. */
  readonly phase: number;
}

type Phase = 'starting' | 'ready' | 'draining' | 'gone';

interface Instance {
  phase: Phase;
  inflight: number;
}

/** Heap items below are instances whose request ends; from here on, instances that get ready. */
const READY = 1 << 20;

export class ServiceSimulation {
  readonly #options: SimulationOptions;
  readonly #autoscaler: Autoscaler;
  readonly #arrivals: Arrivals;
  readonly #random: Random;
  readonly #instances: Instance[] = [];
  /** Of those, the ones that are not gone. */
  #present: number[] = [];
  readonly #ends: IndexHeap;
  readonly #waiting: { at: number; seconds: number }[] = [];
  #head = 0;
  readonly #outcome: Outcome;
  #now = 0;
  #inflight = 0;
  #wanted = 0;
  #concurrencySeconds = 0;
  #busySeconds = 0;
  #arrived = 0;

  constructor(options: SimulationOptions, autoscaler: Autoscaler) {
    this.#options = options;
    this.#autoscaler = autoscaler;
    this.#arrivals = new Arrivals(options.rate, seededRandom(options.seed));
    this.#random = seededRandom(options.seed ^ 0x5eed);
    this.#ends = new IndexHeap(options.concurrency * options.max * 4 + 1_024);
    this.#outcome = new Outcome(options.seconds, options.targetSeconds);
    this.#want(options.initial, 0);
  }

  run(): Outcome {
    const { seconds, phase } = this.#options;
    const period = this.#autoscaler.periodMs / 1_000;
    let [arrival, tick] = [this.#arrivals.next(seconds), period * phase];
    for (;;) {
      const next = Math.min(arrival, tick, this.#ends.topKey());
      if (next >= seconds) break;
      this.#advance(next);
      if (next === arrival) {
        this.#arrive();
        arrival = this.#arrivals.next(seconds);
      } else if (next === tick) {
        this.#decide();
        tick += period;
      } else this.#endOne();
    }
    this.#advance(seconds);
    for (let index = this.#head; index < this.#waiting.length; index++) this.#outcome.unfinished(seconds - this.#waiting[index]!.at);
    return this.#outcome;
  }

  #advance(to: number): void {
    const span = to - this.#now;
    this.#concurrencySeconds += (this.#inflight + this.#waitingCount) * span;
    this.#busySeconds += this.#inflight * span;
    this.#outcome.instanceSeconds += this.#present.length * span;
    this.#now = to;
  }

  get #waitingCount(): number {
    return this.#waiting.length - this.#head;
  }

  #arrive(): void {
    this.#arrived++;
    const seconds = this.#options.serviceSeconds(this.#random);
    const instance = this.#emptiest();
    if (instance >= 0) this.#serve(instance, this.#now, seconds);
    else if (this.#waitingCount < this.#options.waitingMax) this.#wait(seconds);
    else this.#outcome.refused++;
  }

  #wait(seconds: number): void {
    this.#waiting.push({ at: this.#now, seconds });
    this.#outcome.waitingMost = Math.max(this.#outcome.waitingMost, this.#waitingCount);
  }

  /** @returns A ready instance with room and the fewest requests; -1 when there is none. */
  #emptiest(): number {
    let [found, least] = [-1, this.#options.concurrency];
    for (const index of this.#present) {
      const { phase, inflight } = this.#instances[index]!;
      if (phase === 'ready' && inflight < least) [found, least] = [index, inflight];
    }
    return found;
  }

  #serve(index: number, arrivedAt: number, seconds: number): void {
    const end = this.#now + seconds;
    this.#instances[index]!.inflight++;
    this.#inflight++;
    this.#ends.push(index, end);
    this.#outcome.done(end, end - arrivedAt);
  }

  #endOne(): void {
    const item = this.#ends.pop();
    if (item >= READY) {
      const instance = this.#instances[item - READY]!;
      if (instance.phase === 'starting') instance.phase = 'ready';
    } else {
      const instance = this.#instances[item]!;
      instance.inflight--;
      this.#inflight--;
      if (instance.phase === 'draining' && instance.inflight === 0) this.#remove(item);
    }
    this.#serveWaiting();
  }

  #serveWaiting(): void {
    while (this.#waitingCount > 0) {
      const { at, seconds } = this.#waiting[this.#head]!;
      const isTooOld = this.#now - at > this.#options.waitSeconds;
      const instance = isTooOld ? -1 : this.#emptiest();
      if (!isTooOld && instance < 0) return;
      this.#head++;
      if (isTooOld) this.#outcome.refused++;
      else this.#serve(instance, at, seconds);
    }
    this.#waiting.length = this.#head = 0;
  }

  #decide(): void {
    const { min, max } = this.#options;
    const wanted = Math.min(Math.max(this.#autoscaler.decide(this.#view()), min), max);
    this.#outcome.decided(this.#now, this.#wanted, wanted);
    this.#want(wanted, this.#options.startSeconds);
  }

  #view(): ServiceView {
    let [ready, starting] = [0, 0];
    for (const index of this.#present) {
      const { phase } = this.#instances[index]!;
      if (phase === 'ready') ready++;
      if (phase === 'starting') starting++;
    }
    return {
      nowMs: this.#now * 1_000,
      wanted: this.#wanted,
      ready,
      starting,
      concurrency: this.#inflight + this.#waitingCount,
      concurrencySeconds: this.#concurrencySeconds,
      busySeconds: this.#busySeconds,
      arrivals: this.#arrived,
    };
  }

  #want(count: number, startSeconds: number): void {
    for (; this.#wanted < count; this.#wanted++) {
      const index = this.#instances.push({ phase: 'starting', inflight: 0 }) - 1;
      assert(index < READY, 'a simulation starts less than a million instances');
      this.#present.push(index);
      this.#ends.push(index + READY, this.#now + startSeconds);
    }
    for (; this.#wanted > count; this.#wanted--) this.#end(this.#victim());
  }

  /** Starting ones first, then the emptiest. */
  #victim(): number {
    let [found, least] = [-1, Infinity];
    for (const index of this.#present) {
      const { phase, inflight } = this.#instances[index]!;
      const load = phase === 'starting' ? -1 : inflight;
      if (phase !== 'draining' && load < least) [found, least] = [index, load];
    }
    return found;
  }

  #end(index: number): void {
    const instance = this.#instances[index]!;
    if (instance.inflight === 0) this.#remove(index);
    else instance.phase = 'draining';
  }

  #remove(index: number): void {
    this.#instances[index]!.phase = 'gone';
    this.#present = this.#present.filter((each) => each !== index);
  }
}
