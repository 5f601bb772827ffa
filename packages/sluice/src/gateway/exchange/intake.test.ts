/** What becomes of a request on its way in, as the origin sees it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type PlaneConfig, planeTo, startPlane } from '../../../test/support/data-plane.ts';
import { hostileOrigin } from '../../../test/support/hostile-origin.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { statuses } from '../../../test/support/raw-exchange.ts';
import { type RecordedRequest, startRecordingOrigin } from '../../../test/support/recording-origin.ts';

/** The request as the origin saw it, or the status that was answered in its place. */
async function sent(request: string, more: Partial<PlaneConfig> = {}): Promise<RecordedRequest | number> {
  await using origin = await startRecordingOrigin();
  await using world = await startPlane(planeTo(origin.port, more));
  using client = await RawClient.open(world.port);
  const text = await client.ask(request, (seen) => statuses(seen).length > 0);
  return origin.requests[0] ?? statuses(text)[0]!;
}

async function seen(request: string, more: Partial<PlaneConfig> = {}): Promise<RecordedRequest> {
  const answer = await sent(request, more);
  assert.ok(typeof answer !== 'number', `answered ${JSON.stringify(answer)}`);
  return answer;
}

function values({ fields }: RecordedRequest, name: string): string[] {
  return fields.filter(([each]) => each === name).map(([, value]) => value);
}

function get(target: string, ...lines: readonly string[]): string {
  return `GET ${target} HTTP/1.1\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
}

describe('Host', () => {
  test('is kept as it was sent, port and case included', async () => {
    assert.deepEqual(values(await seen(get('/', 'Host: A.Example:81')), 'host'), ['A.Example:81']);
  });

  test('is that of an absolute target, not the field', async () => {
    const request = await seen(get('http://b.example:82/c?d', 'Host: a'));
    assert.equal(request.requestLine, 'GET /c?d HTTP/1.1');
    assert.deepEqual(values(request, 'host'), ['b.example:82']);
    assert.deepEqual(values(request, 'x-forwarded-host'), ['b.example:82']);
  });

  test('is what the route sets; X-Forwarded-Host tells the one asked for', async () => {
    const more = { routes: [{ path: '/*', to: 'origin', rewrite: { host: 'inner.example' } }] };
    const request = await seen(get('/', 'Host: a'), more);
    assert.deepEqual([values(request, 'host'), values(request, 'x-forwarded-host')], [['inner.example'], ['a']]);
  });

  test("is the endpoint's when an HTTP/1.0 client sends none", async () => {
    const request = await seen('GET / HTTP/1.0\r\n\r\n');
    assert.match(values(request, 'host').join('|'), /^127\.0\.0\.1:\d+$/);
    assert.deepEqual(values(request, 'x-forwarded-host'), []);
  });
});

describe('targets', () => {
  const targets: readonly (readonly [request: string, seen: string])[] = [
    ['GET /a/../b?c=/../d', 'GET /b?c=/../d'],
    ['GET /?', 'GET /?'],
    ['GET http://a', 'GET /'],
    ['OPTIONS *', 'OPTIONS *'],
    ['OPTIONS http://a', 'OPTIONS *'],
    ['PROPFIND /%7ea', 'PROPFIND /~a'],
  ];
  for (const [request, expected] of targets) {
    test(`${request} is forwarded as ${expected}`, async () => {
      assert.equal((await seen(`${request} HTTP/1.1\r\nHost: a\r\n\r\n`)).requestLine, `${expected} HTTP/1.1`);
    });
  }

  const refusals: readonly (readonly [request: string, status: number])[] = [
    ['CONNECT a:443', 405],
    ['GET *', 400],
    ['GET ftp://a/', 400],
    ['GET /../a', 400],
    ['GET http://a b/', 400],
  ];
  for (const [request, status] of refusals) {
    test(`${request} is answered ${status}`, async () => assert.equal(await sent(`${request} HTTP/1.1\r\nHost: a\r\n\r\n`), status));
  }

  test('no route is 404, and the connection stays', async () => {
    await using world = await startPlane({ services: {}, routes: [{ path: '/a', respond: 204 }] });
    using client = await RawClient.open(world.port);
    const text = await client.ask(get('/b', 'Host: a') + get('/a', 'Host: a'), (each) => statuses(each).length === 2);
    assert.deepEqual(statuses(text), [404, 204]);
  });
});

describe('X-Request-Id', () => {
  const trusting = { listener: { forwarding: { trustedProxies: ['127.0.0.1'] } } };

  test('is ours for whoever is not trusted', async () => {
    assert.match(values(await seen(get('/', 'Host: a', 'X-Request-Id: theirs')), 'x-request-id').join('|'), /^[0-9a-f]{18}-/);
  });

  test('is theirs for a trusted peer, when it is harmless', async () => {
    assert.deepEqual(values(await seen(get('/', 'Host: a', 'X-Request-Id: theirs'), trusting), 'x-request-id'), ['theirs']);
    for (const bad of ['X-Request-Id: a b', 'X-Request-Id:', 'X_Request_Id: alias']) {
      assert.match(values(await seen(get('/', 'Host: a', bad), trusting), 'x-request-id').join('|'), /^[0-9a-f]{18}-/, bad);
    }
  });

  test('is none when it is turned off, also theirs', async () => {
    const more = { listener: { forwarding: { requestId: false } } };
    assert.deepEqual(values(await seen(get('/', 'Host: a', 'X-Request-Id: theirs'), more), 'x-request-id'), []);
  });
});

describe('Via', () => {
  test('is added to what came, unless it is turned off', async () => {
    const line = 'Via: 1.0 front';
    assert.deepEqual(values(await seen(get('/', 'Host: a', line)), 'via'), ['1.0 front', '1.1 sluice']);
    assert.deepEqual(values(await seen(get('/', 'Host: a', line), { listener: { forwarding: { via: false } } }), 'via'), ['1.0 front']);
  });
});

test('Via names the version in which the message came, both ways', async () => {
  assert.deepEqual(values(await seen('GET / HTTP/1.0\r\nHost: a\r\n\r\n'), 'via'), ['1.0 sluice']);
  for (const version of ['1.0', '1.1']) {
    await using origin = await hostileOrigin(`HTTP/${version} 200 OK\r\nContent-Length: 0\r\n\r\n`);
    await using world = await startPlane(planeTo(origin.port));
    using client = await RawClient.open(world.port);
    const text = await client.ask(get('/', 'Host: a'), (each) => each.endsWith('\r\n\r\n'));
    assert.ok(text.includes(`\r\nVia: ${version} sluice\r\n`), text);
  }
});

describe('upgrades', () => {
  const asks = ['Host: a', 'Connection: upgrade', 'Upgrade: websocket'];

  test('are passed on, unless the route does not want them', async () => {
    assert.deepEqual(values(await seen(get('/', ...asks)), 'upgrade'), ['websocket']);
    const more = { routes: [{ path: '/*', to: 'origin', upgrade: false }] };
    assert.deepEqual(values(await seen(get('/', ...asks), more), 'upgrade'), []);
  });

  for (const protocol of ['h2c', 'H2', 'websocket, h2c', 'h2c/1']) {
    test(`${protocol} never is`, async () => {
      assert.deepEqual(values(await seen(get('/', 'Host: a', 'Connection: upgrade', `Upgrade: ${protocol}`)), 'upgrade'), []);
    });
  }

  test("with content are refused, and what follows is nobody's", async () => {
    await using world = await startPlane(planeTo(1));
    using client = await RawClient.open(world.port);
    client.write(`POST / HTTP/1.1\r\n${asks.join('\r\n')}\r\nContent-Length: 5\r\n\r\nhello${get('/', 'Host: a')}`);
    assert.equal(await client.ended(), 'fin');
    assert.deepEqual(statuses(client.text), [400]);
  });
});
