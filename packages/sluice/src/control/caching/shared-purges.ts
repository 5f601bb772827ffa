/**
 * Purges of a cache over all nodes that share a store. Each has a number there; this node hears of them as they are published, follows them in their order, and knows by the numbers when it has
 * missed some: then, and after each connection, it reads what it has missed. Where that is not kept any more, everything of this node is purged, since anything may have been meant.
 *
 * The store's own replies need no purge: each says how many purges it has seen, whoever reads one asks for the last number along with it, and takes nothing as long as this node does not know them all
 * (`gateway/caching/shared-tier.ts`). Disk and memory of a node that cannot reach the store go on as they are: it cannot know better.
 */
import { CATCH_UP, PURGE } from '../../clients/valkey/purge-scripts.ts';
import { ValkeyClient } from '../../clients/valkey/valkey-client.ts';
import type { ValkeyState } from '../../clients/valkey/valkey-connection.ts';
import { ValkeySubscriber } from '../../clients/valkey/valkey-subscriber.ts';
import type { Runtime } from '../../base/runtime.ts';
import { type Instant, instant } from '../../base/time.ts';
import type { StorePlan } from '../../config/plan.ts';
import { type PurgeOrder, readPurgeOrder } from '../../core/caching/purge-order.ts';
import { type SharedNames, sharedNames } from '../../core/caching/tier/shared-names.ts';
import { SHARED_FIGURES, SharedBoard, type SharedFigure } from '../../core/caching/tier/shared-board.ts';
import type { SayEvent } from '../say-event.ts';
import type { DiskKeeper } from './disk-keeper.ts';

/** Purges that are asked for at once. */
const PAGE = 512;
/** A node is up to date within this even if it hears nothing. */
const LOOK_MS = 5_000;
const RETRY_MS = 250;
/** Memory that began so shortly before the store was asked holds nothing that was purged before. */
const YOUNG_MS = 10_000;
/** An order of this node that the store did not take is tried so often; it holds on this node anyway. */
const PUBLISH_MAX = 40;

export interface SharedPurgesOptions {
  /** Of the cache. */
  readonly name: string;
  readonly store: StorePlan;
  /** In front of the cache's keys, behind that of the store. */
  readonly prefix: string;
  readonly runtime: Runtime;
  readonly say: SayEvent;
  /** Whose disk it is that must follow, too; null: none. */
  readonly disk: () => DiskKeeper | null;
  /** Does on this node what another one has ordered. */
  readonly purgeHere: (order: PurgeOrder) => Promise<unknown>;
}

export interface SharedStatus extends Readonly<Record<SharedFigure, number>> {
  readonly state: 'away' | 'behind' | 'up';
  /** The number of the last purge that was followed. */
  readonly purges: number;
}

export class SharedPurges {
  readonly board = SharedBoard.make();
  readonly #options: SharedPurgesOptions;
  readonly #names: SharedNames;
  readonly #client: ValkeyClient;
  readonly #subscriber: ValkeySubscriber;
  /** Orders of this node on their way: they hold here already. */
  readonly #own = new Set<string>();
  /** Up to which this node's memory and disk have followed. */
  #seen = 0n;
  /** The floor of the store is known. */
  #hasBegun = false;
  #startedAt: Instant = instant(0);
  #isClosed = false;

  constructor(options: SharedPurgesOptions) {
    const { store, runtime } = options;
    this.#options = options;
    this.#names = sharedNames(store.prefix + options.prefix, options.name);
    const common = { url: store.url, connectTimeoutMs: store.connectTimeoutMs, runtime };
    this.#client = new ValkeyClient({
      ...common,
      commandTimeoutMs: Math.max(1_000, store.commandTimeoutMs),
      say: (state) => this.#said(state),
    });
    this.#subscriber = new ValkeySubscriber({
      ...common,
      channel: this.#names.channel,
      say: (state) => {
        if (state.state === 'up') this.board.wake();
      },
      onMessage: (message) => this.#heard(message.toString('utf8')),
      onGap: () => this.board.wake(),
    });
  }

  /** Connects, and follows from then on. */
  start(): void {
    this.#startedAt = this.#options.runtime.clock.now();
    this.#client.start();
    this.#subscriber.start();
    void this.#run();
  }

  close(): void {
    this.#isClosed = true;
    this.#client.close();
    this.#subscriber.close();
    this.board.wake();
  }

  /** Tells the store, and by it all nodes. Resolves when the store has it, or is away: then it is told when it is back. */
  async publish(order: PurgeOrder): Promise<void> {
    const text = JSON.stringify({
      ...order,
      cache: this.#options.name,
      from: Math.floor(this.#options.runtime.random() * 2 ** 52).toString(36),
    });
    this.#own.add(text);
    if (await this.#tell(text)) return;
    void this.#tellLater(text);
  }

  status(): SharedStatus {
    const figures = Object.fromEntries(SHARED_FIGURES.map((figure) => [figure, this.board.figure(figure)])) as Record<SharedFigure, number>;
    const state = !this.#client.isUp ? 'away' : this.board.isKnown ? 'up' : 'behind';
    return { ...figures, state, purges: Number(this.board.journal.clock) };
  }

  async #tell(text: string): Promise<boolean> {
    const { last, stream, floor, channel } = this.#names;
    try {
      await this.#client.run(PURGE, [last, stream, floor], [String(this.board.journal.clock), text, channel]);
      return true;
    } catch {
      return false;
    }
  }

  /** Bounded: after ten minutes of a store that is away, whoever shares it purges again. */
  async #tellLater(text: string): Promise<void> {
    for (let attempt = 0; attempt < PUBLISH_MAX && !this.#isClosed; attempt++) {
      await this.#pause(Math.min(15_000, RETRY_MS * 2 ** Math.min(attempt, 6)));
      if (await this.#tell(text)) return;
    }
    this.#own.delete(text);
    if (!this.#isClosed)
      this.#options.say('error', 'cache: purge did not reach the other nodes', {
        cache: this.#options.name,
        store: this.#options.store.name,
        reason: `the store took it in none of ${PUBLISH_MAX} attempts`,
      });
  }

  #heard(message: string): void {
    const space = message.indexOf(' ');
    const number = numberOf(message.slice(0, space));
    if (number !== null && !this.#follow(number, message.slice(space + 1))) this.board.wake();
  }

  /** One order, if it is the next. Memory and disk first: who has seen the number finds nothing any more that it means. @returns False: others come before it. */
  #follow(number: bigint, text: string): boolean {
    const { journal } = this.board;
    if (number <= journal.clock) return true;
    if (number !== journal.clock + 1n || !this.#hasBegun) return false;
    const order = readOrder(text);
    const isDone = this.#own.delete(text) || number <= this.#seen;
    if (order !== null && !isDone) this.#purgeHere(order);
    if (order === null) journal.raiseFloor(number);
    else journal.note(order.target, order.soft, number);
    this.#noteSeen(number);
    return true;
  }

  /** Memory, and what is read from the disk, at once; the disk writes it down in its own time. */
  #purgeHere(order: PurgeOrder): void {
    void this.#options.purgeHere({ ...order, cache: this.#options.name });
  }

  async #run(): Promise<void> {
    const { board } = this;
    const disk = this.#options.disk();
    await disk?.whenKnown;
    this.#seen = disk?.board.journal.seen ?? 0n;
    while (!this.#isClosed) {
      const seen = board.wakes;
      const isDone = this.#client.isUp && (await this.#catchUp());
      await board.whenWoken(seen, isDone ? LOOK_MS : RETRY_MS);
    }
  }

  /** Reads and follows what is not known here. @returns False: to be tried again. */
  async #catchUp(): Promise<boolean> {
    const { last, stream, floor } = this.#names;
    const { journal } = this.board;
    try {
      for (;;) {
        const least = journal.clock > this.#seen ? journal.clock : this.#seen;
        const values = [String(least), String(journal.clock), String(PAGE)];
        const answer = (await this.#client.run(CATCH_UP, [last, stream, floor], values)) as readonly Buffer[];
        const [lastText, floorText, ...orders] = answer.map(String);
        this.#take(BigInt(floorText!), orders);
        if (journal.clock >= BigInt(lastText!)) break;
      }
      this.board.isKnown = true;
      return true;
    } catch {
      return false; // the client has said why
    }
  }

  #take(floor: bigint, orders: readonly string[]): void {
    const { journal } = this.board;
    if (journal.clock < floor) {
      const isYoung = this.#options.disk() === null && this.#options.runtime.clock.now() - this.#startedAt < YOUNG_MS;
      if (this.#hasBegun || (this.#seen < floor && !isYoung)) this.#lost(floor);
      journal.raiseFloor(floor);
      if (this.#seen < floor) this.#noteSeen(floor);
    }
    this.#hasBegun = true;
    for (let at = 0; at < orders.length; at += 2) this.#follow(BigInt(orders[at]!), orders[at + 1]!);
  }

  /** Purges up to here are not known any more: anything may have been meant. */
  #lost(upTo: bigint): void {
    const { name, say } = this.#options;
    const from = this.#hasBegun ? this.board.journal.clock : this.#seen;
    say('warn', 'cache: purges of other nodes were missed, so everything is purged', { cache: name, from: Number(from), to: Number(upTo) });
    this.#own.clear();
    this.#purgeHere({ cache: name, target: { kind: 'all' }, soft: false });
  }

  #noteSeen(number: bigint): void {
    if (number > this.#seen) this.#seen = number;
    const disk = this.#options.disk();
    if (disk === null) return;
    disk.board.journal.seen = this.#seen;
    disk.board.wake();
  }

  #said(state: ValkeyState): void {
    const { name, store, say } = this.#options;
    if (state.state === 'up') say('info', 'cache: shared store connected', { cache: name, store: store.name, address: this.#client.shown });
    else say('warn', 'cache: shared store away', { cache: name, store: store.name, address: this.#client.shown, reason: state.reason });
    this.board.wake();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#options.runtime.timers.after(ms, resolve));
  }
}

function numberOf(text: string): bigint | null {
  return /^\d{1,18}$/.test(text) ? BigInt(text) : null;
}

function readOrder(text: string): PurgeOrder | null {
  try {
    return readPurgeOrder(JSON.parse(text));
  } catch {
    return null;
  }
}
