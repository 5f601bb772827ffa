import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stageFilters } from '../../../test/support/filter-stage.ts';
import { RawClient } from '../../../test/support/raw-client.ts';

test('a share of requests is aborted, the same ones with the same chance', async (t) => {
  const world = await stageFilters(t, [{ fault: { abort: { status: 503, share: '50%' } } }]);
  const statuses: number[] = [];
  for (let each = 0; each < 40; each++) statuses.push((await world.ask('/')).status);
  const aborted = statuses.filter((status) => status === 503).length;
  assert.ok(aborted > 8 && aborted < 32, `${aborted} of 40`);
  assert.equal(world.origin.seen.length, 40 - aborted);
});

test('requests are held up, and then go on or are aborted', async (t) => {
  const world = await stageFilters(t, [{ fault: { delay: { by: '60ms', spread: '5ms' }, header: 'any' } }]);
  const began = performance.now();
  const answer = await world.ask('/', { method: 'POST', body: 'content' });
  assert.ok(performance.now() - began >= 55);
  assert.deepEqual([answer.status, world.origin.seen[0]?.body], [200, 'content']);
  const aborted = await world.ask('/', { headers: { 'x-sluice-fault-abort': '418', 'x-sluice-fault-delay': '10' } });
  assert.deepEqual([aborted.status, aborted.headers['x-sluice-fault']], [418, 'abort']);
});

test('a reset breaks the connection without a word, at once and after a delay', async (t) => {
  for (const fault of [{ abort: { status: 'reset' } }, { abort: { status: 'reset' }, delay: { by: '10ms' } }]) {
    const world = await stageFilters(t, [{ fault }]);
    using client = await RawClient.open(world.plane.port);
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal(await client.ended(), 'reset');
    assert.equal(client.text, '');
    assert.equal(world.origin.seen.length, 0);
  }
});

test('headers ask for faults only where they may', async (t) => {
  const headers = { 'x-sluice-fault-abort': '500' };
  const trusted = await stageFilters(t, [{ fault: { header: 'trusted' } }]);
  assert.equal((await trusted.ask('/', { headers })).status, 200);
  const proxied = await stageFilters(t, [{ fault: { header: 'trusted' } }], {
    listener: { forwarding: { trustedProxies: '127.0.0.1/32' } },
  });
  assert.equal((await proxied.ask('/', { headers })).status, 500);
  assert.equal((await proxied.ask('/', { headers: { 'x-sluice-fault-abort': '200', 'x-sluice-fault-delay': '-1' } })).status, 200);
});

test('a client that leaves, and a plan that goes, end the wait', async (t) => {
  const world = await stageFilters(t, [{ fault: { delay: { by: '5m' }, delayedMax: 1 } }]);
  using client = await RawClient.open(world.plane.port);
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  while ((await world.ask('/')).status !== 200); // the one place is taken: this one goes on
  client.socket.destroy();
  using other = await RawClient.open(world.plane.port);
  await new Promise((resolve) => setTimeout(resolve, 50));
  other.write('GET /other HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await new Promise((resolve) => setTimeout(resolve, 50));
  await world.plane.reload({
    services: { origin: { endpoints: [`127.0.0.1:${world.origin.port}`] } },
    routes: [{ path: '/*', to: 'origin' }],
  });
  assert.match(await other.until('the reply', (text) => text.includes('origin')), /^HTTP\/1\.1 200/);
});

test('no fault at all, and shares above one, are faults of the configuration', async (t) => {
  for (const [fault, message] of [
    [{}, /at least one of delay, abort and header/],
    [{ abort: { share: '120%' } }, /share must be a share 0\.\.1/],
    [{ delay: { share: 1 } }, /by must be a duration/],
    [{ abort: { status: 200 } }, /must be a status 400\.\.599, or 'reset'|must be a whole number 400/],
  ] as const) {
    await assert.rejects(stageFilters(t, [{ fault }]), message);
  }
});
