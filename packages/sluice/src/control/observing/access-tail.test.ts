import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import type { TailFilter } from '../../config/worker-protocol.ts';
import { AccessTail } from './access-tail.ts';

const ALL: TailFilter = { route: null, service: null, endpoint: null, status: null, text: '', perSecond: 100 };
const SHOP = '{"status":200,"route":"shop"}';
const BLOG = '{"status":502,"route":"blog"}';

function setUp() {
  const told: (TailFilter | null)[] = [];
  const tail = new AccessTail(manualRuntime().clock);
  tail.connect((filter) => told.push(filter));
  return { tail, told };
}

async function take(lines: AsyncIterable<string>, count: number): Promise<string[]> {
  const taken: string[] = [];
  for await (const line of lines) if (taken.push(line) === count) break;
  return taken;
}

test('workers send only while somebody looks', () => {
  const { tail, told } = setUp();
  const end = new AbortController();
  tail.follow({ ...ALL, route: 'shop' }, end.signal);
  assert.equal(told.at(-1)?.route, 'shop');
  end.abort();
  assert.deepEqual([told.length, told.at(-1)], [2, null]);
});

test('viewers with other filters share one, and each sees its own', async () => {
  const { tail, told } = setUp();
  const { signal } = new AbortController();
  const shop = tail.follow({ ...ALL, route: 'shop', service: 'web' }, signal);
  const failed = tail.follow({ ...ALL, status: '5xx', service: 'web', perSecond: 50 }, signal);
  const everything = tail.follow(ALL, signal);
  assert.deepEqual(told.at(-1), { ...ALL, perSecond: 250 });
  const web = (line: string): string => line.replace('}', ',"service":"web"}');
  tail.accessed([web(SHOP), web(BLOG)], 0);
  assert.deepEqual(await take(shop, 1), [web(SHOP)]);
  assert.deepEqual(await take(failed, 1), [web(BLOG)]);
  assert.deepEqual(await take(everything, 2), [web(SHOP), web(BLOG)]);
});

test('a viewer is given as many as it wants, and told of the others', async () => {
  const { tail } = setUp();
  const lines = tail.follow({ ...ALL, perSecond: 2 }, new AbortController().signal);
  tail.accessed([SHOP, SHOP, SHOP, BLOG], 5);
  assert.deepEqual(await take(lines, 3), [SHOP, SHOP, '{"skipped":7}']);
});

test('who has gone before it began is told nothing', async () => {
  const { tail, told } = setUp();
  assert.deepEqual(await take(tail.follow(ALL, AbortSignal.abort()), 1), []);
  assert.equal(told.length, 0);
});
