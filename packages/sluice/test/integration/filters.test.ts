/** Filters together: with each other, with content that is still on its way, and with what follows on the same connection. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stageFilters } from '../support/filter-stage.ts';
import { RawClient } from '../support/raw-client.ts';

test('content that passes its bound, whole, with the next request behind it in one piece: refused, and then the next', async (t) => {
  const world = await stageFilters(t, [{ bodyLimit: { max: '4B' } }]);
  using client = await RawClient.open(world.plane.port);
  client.write(
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n',
  );
  await client.until('both are answered', (text) => text.includes('413 Payload Too Large') && text.endsWith('origin'));
  assert.deepEqual(
    world.origin.seen.map(({ url }) => url),
    ['/next'],
  );
});
