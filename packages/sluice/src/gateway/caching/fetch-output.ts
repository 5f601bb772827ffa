/**
 * Where the content of a fetch goes: into an entry that many read, each at their own pace; straight to one client, with its backpressure, where nothing is kept; or, where an entry turned out too
 * large, to those who were reading it.
 */
import type { EntryWriter, MemoryEntry } from '../../core/caching/memory/memory-store.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { LocalReply } from '../exchange/local-reply.ts';
import { FAILURES, type UpstreamFailure } from '../upstream/upstream-failure.ts';
import type { FetchReader } from './running-fetch.ts';
import { Spill } from './spill.ts';

export class FetchOutput {
  private readonly resume: () => void;
  private writer: EntryWriter | null = null;
  private readers: FetchReader[] = [];
  private spill: Spill | null = null;
  private direct: LocalReply | null = null;
  private client: Exchange | null = null;

  /** @param resume The service may go on. */
  constructor(resume: () => void) {
    this.resume = resume;
  }

  /** Into an entry. */
  keep(writer: EntryWriter): void {
    this.writer = writer;
  }

  /** To a client, whose head has been sent by `reply`. */
  pass(client: Exchange, reply: LocalReply): void {
    this.client = client;
    this.direct = reply;
  }

  /** Whether it goes into an entry. */
  get isKeeping(): boolean {
    return this.writer !== null;
  }

  get hasRoom(): boolean {
    if (this.spill !== null) return this.spill.isTaken;
    return this.client === null || this.client.isOver || this.client.client.hasRoom;
  }

  get holdsBytes(): boolean {
    return this.client !== null && !this.client.isOver && this.client.client.holdsBytes;
  }

  /** Whether this entry is the one. */
  fills(entry: MemoryEntry): boolean {
    return this.writer !== null && this.writer.entry.slot === entry.slot && this.writer.entry.sequence === entry.sequence;
  }

  addReader(reader: FetchReader): void {
    this.readers.push(reader);
  }

  /** @returns False when the entry has just been given up for want of room, and nobody reads it. */
  add(bytes: Buffer, start: number, end: number): boolean {
    if (this.writer !== null) return this.writer.append(bytes, start, end) || this.overflow(bytes, start, end);
    if (this.spill !== null) this.spill.add(bytes, start, end);
    else if (this.client !== null && !this.client.isOver) this.client.client.replyBody(this.client, bytes, start, end);
    return true;
  }

  /** Sends on what was added. @returns Whether the service may go on. */
  flush(): boolean {
    if (this.writer !== null) for (const reader of this.readers) reader.pump();
    else if (this.spill !== null) {
      this.spill.tellAll();
      return this.spill.isTaken;
    } else if (this.client !== null && !this.client.isOver) return this.client.client.flushReply();
    return true;
  }

  /** It goes into an entry, and nobody of this worker reads it now. */
  get isUnread(): boolean {
    return this.writer !== null && !this.readers.some((reader) => reader.isReading);
  }

  /** It is whole. @returns Whether an entry of it is kept. */
  end(trailers: string): boolean {
    this.writer?.finish();
    for (const reader of this.readers) reader.pump();
    this.endSpill('whole');
    this.direct?.end(trailers);
    return this.writer !== null;
  }

  /** It breaks off. */
  cut(failure: UpstreamFailure): void {
    this.writer?.abort();
    for (const reader of this.readers) reader.fail(failure);
    this.endSpill('cut');
    this.direct?.cut(failure);
  }

  /** Nothing comes any more; what is whole stays. */
  close(): void {
    this.writer?.abort();
  }

  private overflow(bytes: Buffer, start: number, end: number): boolean {
    this.writer = null;
    const isServed = (reader: FetchReader): boolean => reader.isReading && reader.isWhole;
    const served = this.readers.filter(isServed);
    for (const reader of this.readers) if (!isServed(reader)) reader.fail(FAILURES.reset);
    this.readers = served;
    if (served.length === 0) return false;
    this.spill = new Spill(served, this.resume);
    this.spill.add(bytes, start, end);
    for (const reader of served) reader.goOnWith(this.spill);
    return true;
  }

  private endSpill(ending: 'whole' | 'cut'): void {
    if (this.spill === null) return;
    this.spill.ending = ending;
    this.spill.tellAll();
  }
}
