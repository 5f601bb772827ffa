import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import { type FilterStageWorld, type SeenRequest, startOrigin, stageFilters, type TestOrigin } from '../../../test/support/filter-stage.ts';

type Answer = (seen: SeenRequest, response: ServerResponse) => void;

async function stage(t: TestContext, mirror: object, answer?: Answer): Promise<{ world: FilterStageWorld; shadow: TestOrigin }> {
  const shadow = await startOrigin(t, answer);
  const services = { shadow: { endpoints: [`127.0.0.1:${shadow.port}`], retry: false as const, outlier: false as const } };
  return { world: await stageFilters(t, [{ mirror: { to: 'shadow', ...mirror } }], { services }), shadow };
}

test('a copy has method, path, headers and content, says that it is one, and its reply goes nowhere', async (t) => {
  const { world, shadow } = await stage(t, { remove: ['authorization'] }, (_, response) => void response.writeHead(500).end('shadow'));
  const plain = await world.ask('/a?b=1', { headers: { 'x-a': '1', authorization: 'secret' } });
  const posted = await world.ask('/p', { method: 'POST', body: 'x'.repeat(50_000), headers: { expect: '100-continue' } });
  const chunked = await world.ask('/c', { method: 'PUT', body: 'pieces', headers: { 'transfer-encoding': 'chunked' } });
  assert.deepEqual([plain.body, posted.body, chunked.body], ['origin', 'origin', 'origin']);
  await until(() => shadow.seen.length === 3);
  const copies = new Map(shadow.seen.map((copy) => [copy.url, copy]));
  const [get, post, put] = ['/a?b=1', '/p', '/c'].map((url) => copies.get(url));
  assert.deepEqual(
    [get?.headers['x-a'], get?.headers['x-sluice-mirror'], get?.headers.authorization, get?.headers.host],
    ['1', '1', undefined, 'example.com'],
  );
  assert.deepEqual([post?.body.length, post?.headers.expect, put?.method, put?.body], [50_000, undefined, 'PUT', 'pieces']);
  assert.equal(world.origin.seen[0]?.headers['x-sluice-mirror'], undefined);
  assert.equal(world.origin.seen[0]?.headers.authorization, 'secret');
});

test('a shadow that hangs or is not there takes nothing from the original, and copies end at their deadline', async (t) => {
  const { world, shadow } = await stage(t, { concurrency: 2, timeout: '1s' }, () => {});
  for (let each = 0; each < 5; each++) assert.equal((await world.ask('/')).body, 'origin');
  await until(() => shadow.seen.length === 2);
  assert.deepEqual(
    world.plane.said.flatMap((message) =>
      message.type === 'event' && message.what === 'requests not mirrored' ? [message.detail['reason']] : [],
    ),
    ['too many are under way'],
  );
  world.plane.advance(1_100);
  await world.ask('/');
  await until(() => shadow.seen.length === 3);
  const gone = await stageFilters(t, [{ mirror: { to: 'shadow', concurrency: 1 } }], {
    services: { shadow: { endpoints: ['127.0.0.1:1'] } },
  });
  for (let each = 0; each < 3; each++) assert.equal((await gone.ask('/')).body, 'origin');
});

test('more content than the bound is not copied; a share is a share', async (t) => {
  const { world, shadow } = await stage(t, { body: '1KiB' });
  for (const headers of [{}, { 'transfer-encoding': 'chunked' }])
    await world.ask('/', { method: 'POST', body: 'x'.repeat(5_000), headers });
  await world.ask('/', { method: 'POST', body: 'small' });
  await until(() => shadow.seen.length === 1);
  assert.equal(shadow.seen[0]?.body, 'small');
  const half = await stage(t, { share: '50%' });
  for (let each = 0; each < 40; each++) await half.world.ask('/');
  await until(() => half.shadow.seen.length > 8);
  assert.ok(half.shadow.seen.length < 32, String(half.shadow.seen.length));
});

test('a service that does not exist is a fault', async (t) => {
  await assert.rejects(stageFilters(t, [{ mirror: { to: 'orign' } }]), /names a service that does not exist.*did you mean .*origin/);
});

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 3_000;
  while (!holds()) {
    if (Date.now() > end) assert.fail('it did not come');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
