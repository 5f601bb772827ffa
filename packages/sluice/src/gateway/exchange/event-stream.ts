/**
 * Server-sent events (HTML, §9.2): a reply that is silent until there is something to say. Its silence is bounded like an upgraded connection's (`upgradeIdle`), not like that of a
 * body that stalls (`pool.bodyIdle`): cut each minute, an event stream would be a poll. nginx and HAProxy cut it all the same, and have it configured away.
 */
import { equalsIgnoringCase } from '../../core/http1/framing.ts';
import type { ResponseParser } from '../../core/http1/response-parser.ts';

const NAME = 'content-type';
const TYPE = 'text/event-stream';

/** Whether the reply at `start` is one. About 20 ns, and nothing where its length is known. */
export function isEventStream(parser: ResponseParser, bytes: Uint8Array, start: number): boolean {
  if (parser.bodyKind !== 'chunked' && parser.bodyKind !== 'close') return false;
  const { offsets, count } = parser.fields;
  const section = start + parser.fieldsStart;
  for (let at = 0; at < count << 2; at += 4) {
    if (!equalsIgnoringCase(bytes, section + offsets[at]!, section + offsets[at + 1]!, NAME)) continue;
    const value = section + offsets[at + 2]!;
    const end = value + TYPE.length;
    const isWhole = end === section + offsets[at + 3]!;
    return (
      equalsIgnoringCase(bytes, value, Math.min(end, section + offsets[at + 3]!), TYPE) &&
      (isWhole || bytes[end] === 0x3b || bytes[end] === 0x20)
    );
  }
  return false;
}
