/** How replies are framed towards clients of either version, as their bytes on the wire. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planeTo, startPlane } from '../../../test/support/data-plane.ts';
import { hostileOrigin } from '../../../test/support/hostile-origin.ts';
import { RawClient } from '../../../test/support/raw-client.ts';

const CHUNKED =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n3\r\nyou\r\n0\r\nX-T: v\r\nX_Forwarded_For: w\r\n\r\n';
const LENGTH = 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhelloyou';
const TO_CLOSE = 'HTTP/1.0 200 OK\r\n\r\nhelloyou';

interface Wire {
  /** Names and values of framing and persistence, in lower case. */
  readonly framing: readonly string[];
  readonly content: string;
  /** `open` when the connection stays. */
  readonly ending: 'open' | 'fin' | 'reset';
}

/** What a client gets when its origin answers with these bytes and closes. */
async function wire(request: string, reply: string, isWhole: (text: string) => boolean = () => false): Promise<Wire> {
  await using origin = await hostileOrigin(reply);
  await using world = await startPlane(planeTo(origin.port));
  using client = await RawClient.open(world.port);
  client.write(request);
  await Promise.race([client.ended(), client.until('the reply is whole', isWhole)]);
  const headEnd = client.text.indexOf('\r\n\r\n');
  const lines = client.text.slice(0, headEnd).toLowerCase().split('\r\n');
  const framing = lines.filter((line) => /^(?:content-length|transfer-encoding|connection):/.test(line));
  return { framing, content: client.text.slice(headEnd + 4), ending: client.ending };
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const GET_10 = 'GET / HTTP/1.0\r\n\r\n';
const KEPT_10 = 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';
const HEAD = 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n';
const endsWith = (end: string) => (text: string) => text.endsWith(end);

const IN_CHUNKS = ['transfer-encoding: chunked'];
const WITH_LENGTH = ['content-length: 8'];

describe('content for HTTP/1.1', () => {
  test('chunks stay chunks, extensions dropped, trailers of our own fields dropped', async () => {
    const seen = await wire(GET, CHUNKED, endsWith('\r\n0\r\nX-T: v\r\n\r\n'));
    assert.deepEqual(seen.framing, IN_CHUNKS);
    assert.equal(unchunked(seen.content), 'helloyou');
    assert.equal(seen.ending, 'open');
  });

  test('a length stays a length', async () => {
    assert.deepEqual(await wire(GET, LENGTH, endsWith('you')), { framing: WITH_LENGTH, content: 'helloyou', ending: 'open' });
  });

  test('content to the close becomes chunks, and the connection stays', async () => {
    const seen = await wire(GET, TO_CLOSE, endsWith('0\r\n\r\n'));
    assert.deepEqual([seen.framing, unchunked(seen.content), seen.ending], [IN_CHUNKS, 'helloyou', 'open']);
  });
});

describe('content for HTTP/1.0', () => {
  for (const [what, reply] of [
    ['chunks', CHUNKED],
    ['content to the close', TO_CLOSE],
  ] as const) {
    for (const request of [GET_10, KEPT_10]) {
      test(`${what} to ${JSON.stringify(request)} end with the connection`, async () => {
        assert.deepEqual(await wire(request, reply), { framing: ['connection: close'], content: 'helloyou', ending: 'fin' });
      });
    }
  }

  test('a length keeps the connection when it was asked for', async () => {
    assert.deepEqual(await wire(GET_10, LENGTH), { framing: [...WITH_LENGTH, 'connection: close'], content: 'helloyou', ending: 'fin' });
    const kept = await wire(KEPT_10, LENGTH, endsWith('you'));
    assert.deepEqual(kept, { framing: [...WITH_LENGTH, 'connection: keep-alive'], content: 'helloyou', ending: 'open' });
  });

  test('interim replies are not for it', async () => {
    const seen = await wire(GET_10, `HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${LENGTH}`);
    assert.equal(seen.content, 'helloyou');
  });
});

describe('replies without content', () => {
  const replies: readonly (readonly [request: string, reply: string, framing: readonly string[]])[] = [
    [HEAD, 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n', WITH_LENGTH],
    [HEAD, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', []],
    [HEAD, 'HTTP/1.1 200 OK\r\n\r\n', []],
    [GET, 'HTTP/1.1 204 No Content\r\n\r\n', []],
    [GET, 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', []],
    [GET, 'HTTP/1.1 304 Not Modified\r\nContent-Length: 8\r\n\r\n', WITH_LENGTH],
    [GET, 'HTTP/1.1 304 Not Modified\r\n\r\n', []],
    [GET, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', ['content-length: 0']],
  ];
  for (const [request, reply, framing] of replies) {
    test(`${JSON.stringify(reply)} to ${request.slice(0, 4).trim()} has ${framing.join() || 'no length'} and keeps the connection`, async () => {
      assert.deepEqual(await wire(request, reply, endsWith('\r\n\r\n')), { framing, content: '', ending: 'open' });
    });
  }
});

test('interim replies reach HTTP/1.1 clients in their order, a 100 only who asked for it', async () => {
  const reply = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\nConnection: x\r\n\r\n${LENGTH}`;
  await using origin = await hostileOrigin(reply);
  await using world = await startPlane(planeTo(origin.port));
  using client = await RawClient.open(world.port);
  const text = await client.ask(GET, endsWith('you'));
  assert.ok(text.startsWith('HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n'), text);
});

function unchunked(text: string): string {
  let content = '';
  for (let at = 0; ;) {
    const end = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, end), 16);
    if (size === 0) return content;
    content += text.slice(end + 2, end + 2 + size);
    at = end + 4 + size;
  }
}
