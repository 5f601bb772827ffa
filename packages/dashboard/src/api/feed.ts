/**
 * A stream of events that is kept up: opened again after a loss (backoff.ts) where it was left (Last-Event-ID), closed while the tab is hidden, given up for dead when nothing at all came for
 * 20 s (the API sends a comment each 15 s).
 */
import { backoffMs } from './backoff.ts';
import { openStream } from './client.ts';
import { EventStreamReader } from './event-stream.ts';
import type { StreamMessage } from './event-stream.ts';

/** `waiting`: for the next attempt. `hidden`: the tab is; nothing is asked for. */
export type FeedState = 'connecting' | 'live' | 'waiting' | 'hidden' | 'ended';

export interface FeedOptions {
  /** Path and query. */
  readonly path: string;
  readonly onMessage: (message: StreamMessage) => void;
  readonly onState?: (state: FeedState, problem: string | null) => void;
  /** Default: it is closed while the tab is hidden. */
  readonly staysWhileHidden?: boolean;
}

const SILENCE_MS = 20_000;

export class Feed {
  private readonly options: FeedOptions;
  private lastId = '';
  private attempts = 0;
  private isEnded = false;
  private connection: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: FeedOptions) {
    this.options = options;
    document.addEventListener('visibilitychange', this.onVisibility);
    this.open();
  }

  /** For good. */
  end(): void {
    this.isEnded = true;
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.close('ended', null);
  }

  /** At once, instead of at the end of the wait. */
  retry(): void {
    if (this.isEnded || this.connection !== null) return;
    this.attempts = 0;
    this.open();
  }

  private readonly onVisibility = (): void => {
    if (this.options.staysWhileHidden === true) return;
    if (document.hidden) this.close('hidden', null);
    else this.retry();
  };

  private open(): void {
    clearTimeout(this.timer);
    if (document.hidden && this.options.staysWhileHidden !== true) return this.close('hidden', null);
    const connection = new AbortController();
    this.connection = connection;
    this.options.onState?.('connecting', null);
    this.read(connection).catch((error: unknown) => {
      if (this.connection === connection) this.lost((error as Error).message);
    });
  }

  private async read(connection: AbortController): Promise<void> {
    const headers = this.lastId === '' ? {} : { 'last-event-id': this.lastId };
    const response = await openStream(this.options.path, { accept: 'text/event-stream', ...headers }, connection.signal);
    const reader = new EventStreamReader();
    const text = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    this.options.onState?.('live', null);
    for (;;) {
      this.watch(connection);
      const { done, value } = await text.read();
      if (done) throw new Error('Sluice ended the stream');
      this.attempts = 0;
      for (const message of reader.push(value)) {
        this.lastId = message.id;
        this.options.onMessage(message);
      }
    }
  }

  private watch(connection: AbortController): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      connection.abort();
      if (this.connection === connection) this.lost(`nothing came for ${SILENCE_MS / 1000} s`);
    }, SILENCE_MS);
  }

  private lost(problem: string): void {
    this.close('waiting', problem);
    this.timer = setTimeout(() => this.open(), backoffMs(this.attempts++, Math.random()));
  }

  private close(state: FeedState, problem: string | null): void {
    clearTimeout(this.timer);
    const { connection } = this;
    this.connection = null;
    connection?.abort();
    this.options.onState?.(state, problem);
  }
}
