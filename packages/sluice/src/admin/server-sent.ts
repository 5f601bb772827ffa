/** Server-sent events (HTML Living Standard §9.2): their form, and the live tail as a stream of them. */
import type { TailFilter } from '../config/worker-protocol.ts';
import type { AccessBackend } from './observe-backend.ts';

export const EVENT_STREAM = 'text/event-stream';
/** A comment line this often, so that whoever is between knows that the stream lives. */
export const HEARTBEAT_MS = 15_000;
export const HEARTBEAT = ': \n\n';
/** Comes first, so that the client has the head at once; and how soon it tries again when the stream breaks. */
export const OPENING = 'retry: 2000\n\n';

/** @param data One line. @param id For `Last-Event-ID`; null: it has none. */
export function serverSent(event: string, data: string, id: number | null = null): string {
  return `${id === null ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;
}

/** The value, or the heartbeat's turn. */
export async function withHeartbeat<Value>(wait: Promise<Value>, ms = HEARTBEAT_MS): Promise<Value | 'heartbeat'> {
  let timer: NodeJS.Timeout | undefined;
  const beat = new Promise<'heartbeat'>((resolve) => (timer = setTimeout(resolve, ms, 'heartbeat')));
  try {
    return await Promise.race([wait, beat]);
  } finally {
    clearTimeout(timer);
  }
}

/** Requests as they end. A line is asked for when the client has taken the last: what comes faster, the tail skips and counts. */
export async function* accessStream(access: AccessBackend, filter: TailFilter, signal: AbortSignal): AsyncIterable<string> {
  yield OPENING;
  const lines = access.follow(filter, signal)[Symbol.asyncIterator]();
  try {
    let next = lines.next();
    while (!signal.aborted) {
      const given = await withHeartbeat(next);
      if (given === 'heartbeat') {
        yield HEARTBEAT;
        continue;
      }
      if (given.done === true) return;
      yield given.value.startsWith('{"skipped":')
        ? serverSent('skipped', given.value.trimEnd())
        : serverSent('access', given.value.trimEnd());
      next = lines.next();
    }
  } finally {
    await lines.return?.();
  }
}
