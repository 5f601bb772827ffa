/** Replies that go on: the next line is asked for when the client has taken the last, so nothing is queued. At most 64 at once. */
import type { AdminReply } from './problem.ts';

export const STREAMS_MAX = 64;

/** Counts the replies that go on, and ends them all when Sluice stops. */
export class ReplyStreams {
  readonly #open = new Set<AbortController>();
  #isClosed = false;

  /** @returns Null: there are as many as there may be. */
  take(): AbortController | null {
    if (this.#isClosed || this.#open.size >= STREAMS_MAX) return null;
    const end = new AbortController();
    this.#open.add(end);
    end.signal.addEventListener('abort', () => this.#open.delete(end), { once: true });
    return end;
  }

  get size(): number {
    return this.#open.size;
  }

  close(): void {
    this.#isClosed = true;
    for (const end of this.#open) end.abort();
  }
}

/** @param end Aborted when the stream has ended, whoever ended it. */
export function streamOf(lines: NonNullable<AdminReply['lines']>, end: AbortController): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator = lines[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const next = await iterator.next();
          if (next.done !== true) return controller.enqueue(encoder.encode(next.value));
          end.abort();
          controller.close();
        } catch (error) {
          end.abort();
          throw error;
        }
      },
      // First the signal: an iterator that waits cannot be told to return.
      cancel: async () => {
        end.abort();
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
