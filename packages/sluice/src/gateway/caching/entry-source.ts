/**
 * Sends content of an entry to one client: pieces of shared memory as they lie there, as fast as the client takes them; of an entry that still grows, as it grows. The entry stays pinned until
 * the socket has what was lent to it.
 */
import type { MemoryEntry } from '../../core/caching/memory/memory-store.ts';
import type { Client, Exchange } from '../exchange/exchange.ts';
import { LocalReply, type ReplySource } from '../exchange/local-reply.ts';
import { FAILURES, type UpstreamFailure } from '../upstream/upstream-failure.ts';
import type { CacheStore } from './cache-store.ts';
import type { FetchReader } from './running-fetch.ts';
import type { Spill } from './spill.ts';

/** Handed to a socket at once: a client that takes this within the time that a reply may stand still is not slow. */
const PIECE_BYTES_MAX = 128 * 1024;

/** Bytes `from` to `to` of the entry behind a text. `to` -1: to its end, wherever that will be. */
export interface Segment {
  /** Latin1. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

export class EntrySource implements ReplySource, FetchReader {
  private readonly exchange: Exchange;
  private readonly store: CacheStore;
  private readonly entry: MemoryEntry;
  private readonly reply: LocalReply;
  private segments: readonly Segment[] = [];
  private current = 0;
  private at = 0;
  private isTextSent = false;
  private spill: Spill | null = null;
  private isReleased = false;
  private isWaiting = false;

  /** @param entry Pinned for it: it lets go. */
  constructor(store: CacheStore, exchange: Exchange, entry: MemoryEntry) {
    this.store = store;
    this.exchange = exchange;
    this.entry = entry;
    this.reply = new LocalReply(exchange, this);
  }

  /** It has not sent all it is to send. */
  get isReading(): boolean {
    return !this.isReleased;
  }

  /** It sends the whole entry, whatever that will be. */
  get isWhole(): boolean {
    const [first] = this.segments;
    return this.segments.length === 1 && first!.from === 0 && first!.to < 0;
  }

  /** @param head As for `LocalReply.start`. @param segments What follows it. */
  start(head: string, segments: readonly Segment[]): void {
    this.segments = segments;
    this.at = segments[0]?.from ?? 0;
    if (!this.reply.start(head)) return this.release();
    if (segments.length === 0 || this.reply.parser.bodyKind === 'none') return this.end();
    this.pump();
  }

  goOnWith(spill: Spill): void {
    this.spill = spill;
  }

  resume(): void {
    this.pump();
  }

  stop(): void {
    this.release();
  }

  /** Sends what there is and the client takes. */
  pump(): void {
    while (!this.isReleased) {
      const segment = this.segments[this.current];
      if (segment === undefined) return this.end();
      if (!this.sendText(segment) || !this.sendBytes(segment)) return;
      const { state } = this.entry;
      const isDone = segment.to < 0 ? state === 'whole' && this.at >= this.entry.available : this.at >= segment.to;
      if (isDone) {
        this.current++;
        this.at = this.segments[this.current]?.from ?? 0;
        this.isTextSent = false;
      } else if (state === 'filling') return this.awaitMore();
      else if (state === 'whole' && this.at < this.entry.available) continue;
      else return this.spill === null ? this.fail(FAILURES.reset) : this.pumpSpill(this.spill);
    }
  }

  /** The entry will not become whole. */
  fail(failure: UpstreamFailure): void {
    if (this.isReleased) return;
    const { client } = this.exchange;
    this.reply.cut(failure);
    this.release(client);
  }

  private sendText(segment: Segment): boolean {
    if (this.isTextSent) return true;
    this.isTextSent = true;
    if (segment.text === '') return true;
    const bytes = Buffer.from(segment.text, 'latin1');
    const hasRoom = this.reply.write(bytes, 0, bytes.length);
    if (this.reply.isOver) this.release();
    return hasRoom;
  }

  /** @returns False when the client takes no more now. */
  private sendBytes({ to }: Segment): boolean {
    const { entry, reply } = this;
    const end = to < 0 ? entry.available : Math.min(to, entry.available);
    if (this.at < end && !this.exchange.client.hasRoom) return false;
    while (this.at < end) {
      let hasRoom = true;
      for (const piece of entry.pieces(this.at, Math.min(end, this.at + PIECE_BYTES_MAX))) {
        this.at += piece.length;
        hasRoom = reply.write(Buffer.from(piece.buffer, piece.byteOffset, piece.length), 0, piece.length);
        if (!reply.isOver) continue;
        this.release();
        return false;
      }
      if (!hasRoom && this.at < end) return false;
    }
    return true;
  }

  private pumpSpill(spill: Spill): void {
    while (this.exchange.client.hasRoom || spill.isTaken) {
      const chunk = spill.next(this);
      if (chunk === null) break;
      const hasRoom = this.reply.write(chunk, 0, chunk.length);
      if (this.reply.isOver) return this.release();
      if (!hasRoom) return;
    }
    spill.taken();
    if (spill.ending === 'whole' && spill.isTaken) this.end();
    else if (spill.ending === 'cut') this.fail(FAILURES.reset);
  }

  /** A fetch of this worker calls `pump`; of another one's we hear through the store. */
  private awaitMore(): void {
    const fetch = this.store.fetches.get(this.entry.key);
    if (this.isWaiting) return;
    this.isWaiting = true;
    if (fetch?.fills(this.entry) === true) return fetch.addReader(this);
    void this.entry.whenMore().then(() => {
      this.isWaiting = false;
      this.pump();
    });
  }

  private end(): void {
    const { client } = this.exchange;
    this.reply.end();
    this.release(client);
  }

  private release(client: Client = this.exchange.client): void {
    if (this.isReleased) return;
    this.isReleased = true;
    this.spill?.leave(this);
    this.store.releaseWhenSent(client, this.entry);
  }
}
