/**
 * The live stream of a running Sluice, for as long as somebody looks: what it tells goes into a `TopWorld`; when it ends, or says nothing for long
 * (a line that has died without a word), it is opened again, after 0.5 s at first and 3 s at most.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventEntry } from '../observe/event-entry.ts';
import type { ServerSentEvent } from '../admin/sse-parser.ts';
import { type AdminFlags, adminEvents, callAdmin } from './admin-command.ts';
import { CommandFault, EXIT_FAILED } from './console.ts';
import { EMPTY_WORLD, heard, lost, type TopWorld, withEvents } from './top-world.ts';

const LIVE = '/api/live?topics=traffic,events,alerts,status';
/** Of those before the stream. */
const EVENTS = '/api/events?limit=100';
const RETRY_MS = 500;
const RETRY_MAX_MS = 3_000;
/** Figures come each second; a stream that is alive is never silent for so long. */
const SILENT_MS = 20_000;

export class TopFeed {
  world: TopWorld = EMPTY_WORLD;
  readonly #flags: AdminFlags;
  readonly #changed: () => void;
  #lastId: string | undefined;

  /** @param changed Called when `world` is another one. */
  constructor(flags: AdminFlags, changed: () => void) {
    this.#flags = flags;
    this.#changed = changed;
  }

  /** Reads until the first figures are there. @throws {CommandFault} when nothing answers, or not in time. */
  async first(): Promise<TopWorld> {
    const hasFigures = (): boolean => this.world.traffic !== null && this.world.status !== null;
    await this.#readOnce(hasFigures);
    if (!hasFigures()) throw new CommandFault(['sluice ended before it told any figures; is it stopping?'], EXIT_FAILED);
    return this.world;
  }

  /** Reads on and on. @throws {CommandFault} when not even the first try is answered: then the address or the token is wrong. */
  async run(signal: AbortSignal): Promise<void> {
    for (let waitMs = RETRY_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      const heardBefore = this.world.heardAt;
      let reason = 'the stream has ended';
      try {
        await this.#readOnce(() => signal.aborted);
      } catch (error) {
        if (this.world.heardAt === 0) throw error;
        reason = (error as Error).message;
      }
      if (signal.aborted) return;
      if (this.world.heardAt !== heardBefore) waitMs = RETRY_MS;
      this.#set(lost(this.world, reason));
      await sleep(waitMs, undefined, { signal }).catch(() => {});
    }
  }

  /** One stream, until its end or until it is enough. */
  async #readOnce(isEnough: () => boolean): Promise<void> {
    if (this.#lastId === undefined) await this.#readEarlier();
    const stream = adminEvents(this.#flags, LIVE, this.#lastId)[Symbol.asyncIterator]();
    try {
      while (!isEnough()) {
        const next = await inTime(stream.next());
        if (next.done === true) return;
        this.#take(next.value);
      }
    } finally {
      // Not awaited: one that is silent ends with its connection only.
      void stream.return?.().catch(() => {});
    }
  }

  async #readEarlier(): Promise<void> {
    const { items } = (await callAdmin(this.#flags, { method: 'GET', path: EVENTS })) as { readonly items: readonly EventEntry[] };
    this.#lastId = String(items[0]?.id ?? 0);
    this.#set(withEvents(this.world, items));
  }

  #take({ event, id, data }: ServerSentEvent): void {
    if (event === 'event') this.#lastId = id;
    this.#set(heard(this.world, event, data, Date.now()));
  }

  #set(world: TopWorld): void {
    this.world = world;
    this.#changed();
  }
}

async function inTime<Value>(promise: Promise<Value>): Promise<Value> {
  const end = new AbortController();
  const late = sleep(SILENT_MS, undefined, { signal: end.signal }).then(() => {
    throw new CommandFault([`nothing was heard for ${SILENT_MS / 1_000} s`], EXIT_FAILED);
  });
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    end.abort();
  }
}
