/**
 * A file's bytes on their way to a client, 64 KiB at a time: the next piece is read when the client has taken the last. The length that was promised is sent or the reply is cut; a file that has changed
 * by its last piece cuts it, too, so that nothing that is half old and half new looks whole.
 */
import { setImmediate } from 'node:timers/promises';
import { type FileState, isSameFile } from './file-info.ts';
import type { OpenFile } from './open-file.ts';
import type { Exchange, ExchangeFollower } from '../exchange/exchange.ts';
import { LocalReply, type ReplySource } from '../exchange/local-reply.ts';
import type { UpstreamFailure } from '../upstream/upstream-failure.ts';

const PIECE_BYTES = 64 * 1024;

const FILE_CHANGED: UpstreamFailure = { status: 503, log: 'internal-error', outcome: 'ok', retryOn: null, isUnsent: false };

/** Bytes `start..end` of the file (the end is not sent), or bytes of our own. */
export type FilePart = { readonly bytes: Buffer } | FileRange;

export interface FileRange {
  readonly start: number;
  readonly end: number;
}

export class FileReply implements ReplySource, ExchangeFollower {
  private readonly reply: LocalReply;
  private readonly from: OpenFile | Buffer;
  private readonly state: FileState;
  private memory: Buffer | null = null;
  private isStopped = false;
  private wake: (() => void) | null = null;

  /** @param from The file, open until `send` has settled; or its content, which is in memory already. */
  constructor(exchange: Exchange, from: OpenFile | Buffer, state: FileState) {
    this.reply = new LocalReply(exchange, this);
    this.from = from;
    this.state = state;
    exchange.follow(this);
  }

  /** Sends it all. Settles when the file may be closed. */
  async send(head: string, parts: readonly FilePart[]): Promise<void> {
    if (!this.reply.start(head)) return;
    try {
      for (const [index, part] of parts.entries()) {
        const isLast = index >= parts.length - 2; // a frame's end may follow the last bytes of the file
        if (!(await this.sendPart(part, isLast))) return;
      }
      this.reply.end();
    } catch {
      this.reply.cut(FILE_CHANGED);
    }
  }

  resume(): void {
    this.wake?.();
  }

  stop(): void {
    this.isStopped = true;
    this.wake?.();
  }

  exchangeOver(): void {
    this.stop();
  }

  /** @returns False when nobody takes it any more. */
  private sendPart(part: FilePart, isLast: boolean): Promise<boolean> {
    if ('bytes' in part) return this.write(part.bytes);
    return 'handle' in this.from ? this.sendRange(this.from, part, isLast) : this.sendKept(this.from, part);
  }

  private async sendKept(content: Buffer, { start, end }: FileRange): Promise<boolean> {
    for (let at = start; at < end; at += PIECE_BYTES) {
      if (!(await this.write(content.subarray(at, Math.min(at + PIECE_BYTES, end))))) return false;
    }
    return true;
  }

  private async sendRange({ handle }: OpenFile, { start, end }: FileRange, isLast: boolean): Promise<boolean> {
    for (let at = start; at < end;) {
      const memory = await this.room();
      if (this.isStopped) return false;
      const { bytesRead } = await handle.read(memory, 0, Math.min(memory.length, end - at), at);
      if (this.isStopped) return false;
      at += bytesRead;
      const isChanged = bytesRead === 0 || (isLast && at >= end && !isSameFile(this.state, await handle.stat({ bigint: true })));
      if (isChanged) {
        this.reply.cut(FILE_CHANGED);
        return false;
      }
      if (!(await this.write(memory.subarray(0, bytesRead)))) return false;
    }
    return true;
  }

  /** Memory to read into. What was written from is usually the kernel's by the next turn of the event loop; else it waits for a slow client, and is left to it. */
  private async room(): Promise<Buffer> {
    if (this.memory !== null && this.reply.holdsBytes) await setImmediate();
    if (this.memory === null || this.reply.holdsBytes) this.memory = Buffer.allocUnsafeSlow(PIECE_BYTES);
    return this.memory;
  }

  /** @returns False when nobody takes it any more. */
  private async write(bytes: Buffer): Promise<boolean> {
    if (this.isStopped) return false;
    if (this.reply.write(bytes, 0, bytes.length)) return true;
    if (this.isStopped || this.reply.isOver) return false;
    await new Promise<void>((resolve) => (this.wake = resolve));
    this.wake = null;
    return !this.isStopped;
  }
}
