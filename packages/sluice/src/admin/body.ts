/** Reads a request's body: into memory, at most 1 MiB of it, or piece by piece. */
import type { IncomingMessage } from 'node:http';

export const BODY_BYTES_MAX = 1_048_576;
/** Of a body that is too large this much is still read and thrown away: closing on unread bytes would lose the refusal. */
const DISCARD_BYTES_MAX = 16 * BODY_BYTES_MAX;

export function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

/** The body as text, or null when it is too large. Rejects when the client goes away in the middle. */
export async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Not an async iterator: leaving one early destroys the socket before the refusal is sent.
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_BYTES_MAX) chunks.push(chunk);
      else chunks.length = 0;
      if (size > DISCARD_BYTES_MAX) {
        request.pause();
        resolve(null);
      }
    });
    request.once('end', () => resolve(size > BODY_BYTES_MAX ? null : Buffer.concat(chunks).toString('utf8')));
    request.once('error', reject);
    request.once('close', () => reject(new Error('the client went away')));
  });
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
