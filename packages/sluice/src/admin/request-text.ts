/** Reads a request's body into memory, at most 1 MiB of it. */
import { BODY_BYTES_MAX } from './body.ts';

/** Of a body that is too large this much is still read and thrown away: closing on unread bytes would lose the refusal. */
const DISCARD_BYTES_MAX = 16 * BODY_BYTES_MAX;

/** The body as text, '' without one; null when it is too large. Rejects when the client goes away in the middle. */
export async function readText(request: Request): Promise<string | null> {
  if (request.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size <= BODY_BYTES_MAX) chunks.push(chunk);
    else chunks.length = 0;
    if (size > DISCARD_BYTES_MAX) return null;
  }
  return size > BODY_BYTES_MAX ? null : Buffer.concat(chunks).toString('utf8');
}
