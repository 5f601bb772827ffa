/** A request's body, piece by piece, and what is left of one that nobody reads. */
import type { IncomingMessage } from 'node:http';

export const BODY_BYTES_MAX = 1_048_576;
/** Of a body that is too large this much is still read and thrown away: closing on unread bytes would lose the refusal. */
const DISCARD_BYTES_MAX = 16 * BODY_BYTES_MAX;

export function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

/** The body piece by piece. Who stops early leaves the rest of it unread (`discardRest`): the answer must still get through. */
export function contentOf(request: IncomingMessage): AsyncIterable<Uint8Array> {
  return request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
}

/** Reads what nobody took, up to a bound. */
export async function discardRest(request: IncomingMessage): Promise<void> {
  let size = 0;
  await new Promise<void>((resolve) => {
    const end = (): void => resolve();
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= DISCARD_BYTES_MAX) return;
      request.pause();
      resolve();
    });
    request.once('end', end);
    request.once('error', end);
    request.once('close', end);
    request.resume();
  });
}
